package dropprivileges

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"k8s.io/pod-security-admission/api"

	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practice/practicetest"
	"github.com/fairlead-dev/fairlead/practices/runasnonroot"
)

func Test(t *testing.T) { practicetest.Run(t, Practice) }

// TestPublishedCases judges every case that the standard publishes for its own evaluator, of all versions and levels. What
// a pod runs as is run-as-non-root's to judge: the two together are the standard.
func TestPublishedCases(t *testing.T) {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "k8s.io/pod-security-admission").Output()
	if err != nil {
		t.Skipf("the standard's module isn't here: %v", err)
	}
	cases, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(dir)), "test", "testdata", "*", "v1.*", "*", "*.yaml"))
	if err != nil || len(cases) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	right := 0
	for _, file := range cases {
		if judgesRight(t, file) {
			right++
		}
	}
	t.Logf("%d of %d published cases of the Pod Security Standards are judged as published (%.1f %%)", right, len(cases), 100*float64(right)/float64(len(cases)))
}

func judgesRight(t *testing.T, file string) bool {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(filepath.ToSlash(file), "/")
	level, release, verdict := parts[len(parts)-4], parts[len(parts)-3], parts[len(parts)-2]
	minor, err := strconv.Atoi(strings.TrimPrefix(release, "v1."))
	if err != nil {
		t.Fatal(err)
	}
	set := manifest.Read(file, text)
	if len(set.Problems) > 0 || len(set.Objects) != 1 {
		t.Fatalf("%s: %v", file, set.Problems)
	}
	least, practices := practice.Error, []*practice.Practice{newPractice(api.MajorMinorVersion(1, minor))}
	if level == string(api.LevelRestricted) {
		least, practices = practice.Warning, append(practices, runasnonroot.Practice)
	}
	var found []string
	for _, f := range practice.Judge(&practice.Scope{Objects: set.Objects}, practices) {
		if f.Severity >= least {
			found = append(found, f.Field+": "+f.Message)
		}
		if f.Origin.Line == 0 || f.Field == "" {
			t.Errorf("%s: %q has no place", file, f.Message)
		}
	}
	if isForbidden := verdict == "fail"; isForbidden != (len(found) > 0) {
		t.Errorf("%s/%s/%s/%s: found %q", level, release, verdict, filepath.Base(file), found)
		return false
	}
	return true
}
