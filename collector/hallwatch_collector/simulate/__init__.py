"""Simulated halls: a world with faults in it, the agents that read it, and scenarios that play in it.

``world`` says what every probe would read of a hall with these faults in it; ``agent`` behaves like an agent of that
hall; ``scenario`` plays a file of steps with recorded time (golden cases, drills, load tests); ``fleet`` puts the
agents on a real broker (the demo). All but ``fleet`` and ``cli`` are pure: the moment is an argument.
"""
