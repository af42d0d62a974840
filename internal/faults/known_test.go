package faults

import "testing"

// Two faults of internal/controller that this suite has found and that are not mended yet.
const (
	// A look that ends with an error of its own bookkeeping (a Release or a status that can't be written) is not repeated: the
	// generation, the commit and "complete" are remembered before it has succeeded, so the next look is not due (isDue), and the
	// commit waits for the next one. save also remembers a status as written that was not.
	notRepeated = "known failure: a look that could not write its Release or status is not repeated (internal/controller: deliver, save, isDue)"
	// A Release stays Delivering, RollingOut or Partial for ever when a kill or a lost answer comes between its last object and its
	// result, since the next look has nothing to write and so takes no Release up; and when the cache lags as it is to be closed.
	leftOpen = "known failure: a Release is left open when there is nothing to write after a kill or a lost answer (internal/controller: act, closeRelease)"
)

// known are the cases that don't hold yet, by the name of their test. A line goes with its fix.
var known = map[string]string{
	"TestAPIServer/500_to_everything_for_10_s":                notRepeated,
	"TestAPIServer/nothing_is_answered_for_6_s":               notRepeated,
	"TestAPIServer/the_record_of_a_release_is_refused_once":   notRepeated,
	"TestAPIServer/the_answer_to_a_release's_record_is_lost":  notRepeated,
	"TestAPIServer/the_status_can't_be_written_for_5_s":       notRepeated,
	"TestAway/API_server":                                     notRepeated,
	"TestAPIServerRestarts":                                   notRepeated,
	"TestAPIServer/lists_and_watches_are_truncated":           leftOpen,
	"TestAPIServer/watches_are_cut_in_the_middle_of_an_event": leftOpen,
	"TestAPIServer/the_answer_to_a_delete_is_lost":            leftOpen,
	"TestKill/release:_once_it_is_recorded":                   leftOpen,
	"TestKill/prune:_once_an_object_is_deleted":               leftOpen,
	"TestKill/status:_before_it_tells_of_the_sync":            leftOpen,
	"TestKill/status:_once_it_tells_of_the_sync":              leftOpen,
	"TestKill/record:_before_it_tells_what_was_done":          leftOpen,
	"TestKill/record:_before_it_tells_that_all_is_healthy":    leftOpen,
}

func skipKnown(t *testing.T) {
	t.Helper()
	if why := known[t.Name()]; why != "" {
		t.Skip(why)
	}
}
