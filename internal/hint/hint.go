// Package hint attaches to an error what the person can do next.
//
// The error says what went wrong; the hint says the next step. They travel together through %w and are
// printed apart by the ends (CLI, page, conditions), so that no message repeats the other.
package hint

import "errors"

type hinted struct {
	error
	next string
}

func (h *hinted) Unwrap() error { return h.error }

// With returns err carrying next, a sentence without a period such as
// "check the key with: fairlead render apps/shop". A nil err stays nil.
func With(err error, next string) error {
	if err == nil {
		return nil
	}
	return &hinted{error: err, next: next}
}

// Of returns the outermost hint of err, or "" if it carries none.
func Of(err error) string {
	var h *hinted
	if errors.As(err, &h) {
		return h.next
	}
	return ""
}
