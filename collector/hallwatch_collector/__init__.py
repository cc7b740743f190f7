"""The collector: finds the faults, works out what each means for the windows, raises what the plan prescribes."""
