package main

type dbUpdateCmd struct{}

// Run updates.
func (c *dbUpdateCmd) Run(e *environ) error { return nil }
