//! the will: decide, plan, run, undo, recover, schedule; one file a step. Sees only `model` and `ports`.
