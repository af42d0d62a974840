package hint

import (
	"slices"
	"testing"
)

func TestNearest(t *testing.T) {
	have := []string{"probes-set", "image-pinned", "resources-set", "current-apis"}
	if got := Nearest("Probe-set", have); !slices.Equal(got, []string{"probes-set", "resources-set", "image-pinned"}) {
		t.Errorf("nearest are %v", got)
	}
	if got := Nearest("x", nil); len(got) != 0 {
		t.Errorf("of nothing %v are near", got)
	}
}
