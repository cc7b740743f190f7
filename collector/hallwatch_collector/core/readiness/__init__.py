"""Being ready (保障): planned maintenance (S9, R8), daily rounds (A4), the store (B1), the duty rota (B2)."""
