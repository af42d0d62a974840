package health

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/yaml"
)

// corpus is what people who run these kinds expect; see the README beside it. It is read in place.
const corpus = "../../../../shared/data/health"

// leastShare of the corpus must be exceeded, and leastGeneral by the general rules alone: they judge what nobody listed.
const leastShare, leastGeneral = 0.96, 0.87

type expectation struct {
	group, kind, file string
	state             State
	live              *unstructured.Unstructured
}

func (e expectation) miss(got Health) string {
	return fmt.Sprintf("%s/%s %s: want %s, got %s: %s", e.group, e.kind, e.file, e.state, got.State, got.Reason)
}

func TestCorpus(t *testing.T) {
	cases := readCorpus(t)
	var met, metGeneral, metKstatus int
	byGroup := map[string]*share{}
	var misses, generalMisses []string
	for _, c := range cases {
		full, general := Of(c.live), Judge{}.of(c.live, nil)
		if full.State == c.state {
			met++
		} else {
			misses = append(misses, c.miss(full))
		}
		if general.State == c.state {
			metGeneral++
		} else {
			generalMisses = append(generalMisses, c.miss(general))
		}
		if kstatus(read(c.live)).State == c.state {
			metKstatus++
		}
		if full.Reason == "" || general.Reason == "" {
			t.Errorf("%s/%s %s: no reason", c.group, c.kind, c.file)
		}
		if ruled(c.live) {
			s := byGroup[c.group]
			if s == nil {
				s = &share{}
				byGroup[c.group] = s
			}
			s.add(full.State == c.state, general.State == c.state)
		}
	}
	t.Logf("%d of %d statuses met (%s), %d by general rules alone (%s), %d by kstatus alone (%s)", met, len(cases), percent(met, len(cases)),
		metGeneral, percent(metGeneral, len(cases)), metKstatus, percent(metKstatus, len(cases)))
	t.Log("left out: the kinds with a rule of their own, judged by general rules alone")
	for _, group := range slices.Sorted(maps.Keys(byGroup)) {
		s := byGroup[group]
		t.Logf("  %s: %d of %d with its rules, %d without", group, s.full, s.cases, s.general)
	}
	t.Logf("%d misses:\n  %s", len(misses), strings.Join(misses, "\n  "))
	t.Logf("%d misses by general rules alone:\n  %s", len(generalMisses), strings.Join(generalMisses, "\n  "))
	if share := float64(met) / float64(len(cases)); share <= leastShare {
		t.Errorf("%.1f%% met, want more than %.0f%%", 100*share, 100*leastShare)
	}
	if share := float64(metGeneral) / float64(len(cases)); share <= leastGeneral {
		t.Errorf("%.1f%% met by general rules alone, want more than %.0f%%", 100*share, 100*leastGeneral)
	}
}

type share struct{ cases, full, general int }

func (s *share) add(full, general bool) {
	s.cases++
	if full {
		s.full++
	}
	if general {
		s.general++
	}
}

func ruled(live *unstructured.Unstructured) bool {
	return slices.ContainsFunc(kinds, func(k kind) bool { return k.covers(read(live).kind) })
}

func percent(n, of int) string { return fmt.Sprintf("%.1f%%", 100*float64(n)/float64(of)) }

func readCorpus(t *testing.T) []expectation {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(corpus, "*", "*", "health_test.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 { // a checkout without the data beside it
		t.Skipf("the health corpus is not at %s", corpus)
	}
	var all []expectation
	for _, file := range files {
		var listed struct {
			Tests []struct {
				InputPath    string `json:"inputPath"`
				HealthStatus struct {
					Status string `json:"status"`
				} `json:"healthStatus"`
			} `json:"tests"`
		}
		decode(t, file, &listed)
		dir := filepath.Dir(file)
		for _, c := range listed.Tests {
			live := &unstructured.Unstructured{}
			decode(t, filepath.Join(dir, c.InputPath), &live.Object)
			all = append(all, expectation{
				group: strings.ReplaceAll(filepath.Base(filepath.Dir(dir)), "_", "*"), kind: strings.ReplaceAll(filepath.Base(dir), "_", "*"),
				file: filepath.Base(c.InputPath), state: State(strings.ToLower(c.HealthStatus.Status)), live: live,
			})
		}
	}
	return all
}

// decode reads the first document of a file that is not empty.
func decode(t *testing.T, file string, into any) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for doc := range strings.SplitSeq(string(data), "\n---") {
		doc = strings.TrimPrefix(doc, "---")
		if strings.TrimSpace(doc) == "" {
			continue
		}
		text, err := yaml.YAMLToJSON([]byte(doc))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if err := json.Unmarshal(text, into); err != nil { // whole numbers become int64, as a client reads them
			t.Fatalf("%s: %v", file, err)
		}
		return
	}
	t.Fatalf("%s: empty", file)
}
