package hint

import (
	"errors"
	"fmt"
	"io"
	"testing"
)

func TestHintTravelsThroughWrapping(t *testing.T) {
	err := fmt.Errorf("render apps/shop: %w", With(io.ErrUnexpectedEOF, "fetch it again"))

	if got, want := Of(err), "fetch it again"; got != want {
		t.Errorf("Of = %q, want %q", got, want)
	}
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error("the cause is lost")
	}
	if got, want := err.Error(), "render apps/shop: unexpected EOF"; got != want {
		t.Errorf("Error = %q, want %q: the hint must not leak into the message", got, want)
	}
}

func TestOutermostHintWins(t *testing.T) {
	err := With(fmt.Errorf("outer: %w", With(io.EOF, "inner")), "outer")
	if got := Of(err); got != "outer" {
		t.Errorf("Of = %q, want the outermost", got)
	}
}

func TestNilStaysNil(t *testing.T) {
	if With(nil, "do something") != nil {
		t.Error("With(nil) is an error")
	}
	if Of(nil) != "" {
		t.Error("Of(nil) has a hint")
	}
}
