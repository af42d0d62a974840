package sandbox

import (
	"fmt"
	"strings"
	"testing"
)

func TestStepsCountWhatTheCompilerBegins(t *testing.T) {
	for name, test := range map[string]struct {
		total      int
		output     string
		want       []string
		complaints string
	}{
		"each package, then the link": {
			total:  3,
			output: "example.com/a\nexample.com/b\n",
			want:   []string{"0/3 example.com/a", "1/3 example.com/b", "2/3 link"},
		},
		"a package more than was counted": {
			total:  2,
			output: "example.com/a\nexample.com/b\n",
			want:   []string{"0/2 example.com/a", "1/2 link", "2/3 example.com/b"},
		},
		"an error of the compiler is not a package": {
			total:      3,
			output:     "example.com/a\n# example.com/a\na/a.go:3:1: syntax error\n",
			want:       []string{"0/3 example.com/a"},
			complaints: "# example.com/a\na/a.go:3:1: syntax error\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			s := &steps{total: test.total, progress: func(done, total int, next string) {
				got = append(got, fmt.Sprintf("%d/%d %s", done, total, next))
			}}
			if complaints := s.follow(strings.NewReader(test.output)); complaints != test.complaints {
				t.Errorf("complaints %q, want %q", complaints, test.complaints)
			}
			if fmt.Sprint(got) != fmt.Sprint(test.want) {
				t.Errorf("steps %q, want %q", got, test.want)
			}
		})
	}
}
