// Package hint adds to an error what the person can do next. The message stays the error's; the hint is printed below it.
package hint

import "errors"

type hinted struct {
	error
	next string
}

func (h hinted) Unwrap() error { return h.error }

// With returns err with the next step attached, in the imperative: "end it with: fairlead-sandbox down".
func With(err error, next string) error {
	return hinted{error: err, next: next}
}

// Of returns the next step attached to err or to an error that it wraps, or "".
func Of(err error) string {
	var h hinted
	if errors.As(err, &h) {
		return h.next
	}
	return ""
}
