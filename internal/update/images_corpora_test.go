package update

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/fairlead-dev/fairlead/internal/corpustest"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/render"
	"github.com/fairlead-dev/fairlead/internal/source"
	"github.com/fairlead-dev/fairlead/manifest"
)

// tally counts what became of the places that name an image, for each of the corpora.
type tally struct {
	files, places int
	exact         int // only the version's bytes differed, and with the old one none
	added         int // the version wasn't written, or elsewhere: nothing has gone, something has come
	declined      map[string]int
}

type tallies map[string]*tally

func (all tallies) of(name string) *tally {
	corpus, _, _ := strings.Cut(name, "/")
	if all[corpus] == nil {
		all[corpus] = &tally{declined: map[string]int{}}
	}
	return all[corpus]
}

func (all tallies) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-30s %6s %7s %6s %6s  declined\n", "corpus", "files", "places", "exact", "added")
	for _, name := range slices.Sorted(maps.Keys(all)) {
		c := all[name]
		fmt.Fprintf(&b, "%-30s %6d %7d %6d %6d ", name, c.files, c.places, c.exact, c.added)
		for _, why := range slices.Sorted(maps.Keys(c.declined)) {
			fmt.Fprintf(&b, " %d: %s;", c.declined[why], why)
		}
		b.WriteString("\n")
	}
	return b.String()
}

var aNumber = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`)

// another is a version of the same form, for each number another one.
func (v version) another(number int) version {
	to := version{}
	switch {
	case aNumber.MatchString(v.tag):
		to.tag = fmt.Sprintf("77.%d7", number)
	case v.tag != "" || v.digest == "":
		to.tag = fmt.Sprintf("7.7.%d-fairlead", number)
	}
	if v.digest != "" {
		to.digest = fmt.Sprintf("sha256:%064d", number)
	}
	return to
}

var saysImage = regexp.MustCompile(`(?m)^\s*(?:- +)?"?image"?:[ \t]*["']?[A-Za-z0-9]`)

// Each place of each YAML file of the corpora that says the version of an image can get another: the bytes that differ are those of
// the version. With the old one the file is what it was.
func TestEveryImageLineOfTheCorpora(t *testing.T) {
	root := os.DirFS(corpustest.Dir(t, ""))
	all := tallies{}
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !slices.Contains([]string{".yaml", ".yml", ".json"}, path.Ext(name)) {
			return err
		}
		text, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		lines, problems := ImageLines(name, text)
		if len(lines) == 0 && !saysImage.Match(text) {
			return nil
		}
		c := all.of(name)
		c.files++
		if len(lines) == 0 {
			c.declined[fmt.Sprint(problems)]++
		}
		for _, line := range lines {
			c.places++
			c.count(t, line.At.String(), changesAlone(text, line))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("\n%s", all)
	for name, least := range map[string]int{"argocd-example-apps": 28, "flux2-kustomize-helm-example": 1, "ingress-nginx-chart": 17, "kubernetes-examples": 68, "online-boutique": 45, "sock-shop": 55} {
		if c := all.of(name); c.exact < least || c.places-c.exact-c.added > map[string]int{"sock-shop": 1}[name] {
			t.Errorf("%s: %d places are exact, there have been %d; declined: %v", name, c.exact, least, c.declined)
		}
	}
}

// result says how a version changed: "" as it is meant to, "added", or what is wrong.
func (c *tally) count(t *testing.T, what, result string) {
	switch result {
	case "":
		c.exact++
	case "added":
		c.added++
	default:
		c.declined[result]++
		t.Logf("%s: %s", what, result)
	}
}

// changesAlone says what else than the version changes, or that the way back isn't the way there.
func changesAlone(text []byte, line ImageLine) string {
	was := version{line.Tag, line.Digest}
	to := was.another(7)
	after, err := line.Set(text, to.String())
	if err != nil {
		return err.Error()
	}
	if result := changed(text, after, map[version]version{to: was}); result != "" {
		return result
	}
	lines, _ := ImageLines(line.At.Path, after)
	i := slices.IndexFunc(lines, func(l ImageLine) bool { return l.At == line.At && pathKey(l.spot.path) == pathKey(line.spot.path) })
	if i < 0 || (version{lines[i].Tag, lines[i].Digest}) != to {
		return "it isn't read there again"
	}
	back, err := lines[i].Set(after, was.String())
	if err != nil || !bytes.Equal(back, text) {
		return fmt.Sprintf("the way back leads elsewhere (%v)", err)
	}
	return ""
}

// changed says whether texts differ in more than that one has versions in places where the other has those that they were: "" if
// not, "added" if bytes have come and none has gone.
func changed(before, after []byte, was map[version]version) string {
	b, a := strings.Split(string(before), "\n"), strings.Split(string(after), "\n")
	if len(a) != len(b) {
		rest := a
		for _, line := range b {
			i := slices.Index(rest, line)
			if i < 0 {
				return fmt.Sprintf("%d lines more, and %q has gone", len(a)-len(b), line)
			}
			rest = rest[i+1:]
		}
		return "added"
	}
	result := ""
	for i := range a {
		isVersion := a[i] == b[i]
		for to, from := range was {
			undone := a[i]
			if from.digest != "" {
				undone = strings.Replace(undone, to.digest, from.digest, 1)
			}
			if from.tag != "" {
				undone = strings.Replace(undone, to.tag, from.tag, 1)
			}
			isVersion = isVersion || undone == b[i]
		}
		switch {
		case isVersion:
		case strings.HasPrefix(a[i], strings.TrimRight(b[i], "\"'\r")):
			result = "added"
		default:
			return fmt.Sprintf("%q became %q", b[i], a[i])
		}
	}
	return result
}

// All images of each directory of the corpora that can be rendered can be moved and moved back, or it is told why not.
func TestImagesOfTheCorpora(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a while")
	}
	root := os.DirFS(corpustest.Dir(t, ""))
	all := tallies{}
	for _, unit := range corpustest.Units(t, root, render.Detect, render.HelmKind, render.KustomizeKind) {
		corpus, within, _ := strings.Cut(unit, "/")
		fsys, err := fs.Sub(root, corpus)
		if err != nil {
			t.Fatal(err)
		}
		if unit == "sock-shop/deploy/kubernetes/helm-chart" { // the one dependency of which isn't there
			fsys = source.Overlay{FS: fsys, Texts: map[string][]byte{within + "/requirements.yaml": nil}}
		}
		src := Source{FS: fsys, Path: max(within, "."), Namespace: "shop", Options: render.Options{KubeVersion: "v1.36.0", Helm: render.Helm{ReleaseName: "shop"}}}
		rendering, err := render.Render(t.Context(), fsys, src.Path, src.Options)
		if err != nil {
			continue
		}
		moves, back := movesOf(rendering)
		c := all.of(unit)
		c.files++
		c.places += len(moves)
		for i, result := range moveThereAndBack(t, src, moves, back) {
			c.count(t, unit+": "+moves[i].Image, result)
		}
	}
	t.Logf("\n%s", all)
	for name, least := range map[string]int{"argocd-example-apps": 33, "flux2-kustomize-helm-example": 1, "ingress-nginx-chart": 2, "kubernetes-examples": 51, "online-boutique": 42, "sock-shop": 60} {
		if c := all.of(name); c.exact < least || c.places-c.exact-c.added > map[string]int{"online-boutique": 11}[name] { // of one tag for all
			t.Errorf("%s: %d images are exact, there have been %d; declined: %v", name, c.exact, least, c.declined)
		}
	}
}

// movesOf are those of all versions of images, each to one of its own, and those that undo them.
func movesOf(rendering *render.Rendering) (moves, back []Move) {
	seen := map[string]bool{}
	for _, o := range rendering.Set.Objects {
		for _, at := range (&planner{placesIn: places}).placesOf(o) {
			m := Move{Image: at.name, From: []string{at.String()}, To: at.another(len(moves)).String()}
			if id := at.reference(repositoryOf(at.name)); !seen[id] {
				seen[id] = true
				moves = append(moves, m)
				back = append(back, Move{Image: at.name, From: []string{m.To}, To: at.String()})
			}
		}
	}
	return moves, back
}

// moveThereAndBack says of each move what came of it.
func moveThereAndBack(t *testing.T, src Source, moves, back []Move) []string {
	t.Helper()
	plan, err := Images(t.Context(), src, moves)
	if err != nil {
		t.Fatal(err)
	}
	results, was := map[string]string{}, map[version]version{} // by what was to come
	var undo []Move
	for i, m := range moves {
		to, _ := parseVersion(m.To)
		was[to], _ = parseVersion(back[i].To)
		j := slices.IndexFunc(plan.Moved, func(made Moved) bool { return made.To == m.To })
		switch {
		case j < 0:
		case m.From[0] == "" || slices.ContainsFunc(plan.Moved[j].At, func(at manifest.Origin) bool { return at.Line == 0 }):
			results[m.To] = "added"
		default:
			undo = append(undo, back[i])
		}
	}
	for _, d := range plan.Declined {
		if hint.Of(d.Err) == "" {
			t.Errorf("%s: declined without a next step: %v", d.Image, d.Err)
		}
		results[d.To] = names.ReplaceAllString(d.Err.Error(), "$1…")
	}
	there, originals := map[string][]byte{}, map[string][]byte{}
	for _, c := range plan.Changes {
		there[c.Path], originals[c.Path] = c.After, c.Before
		if result := changed(c.Before, c.After, was); result != "" && result != "added" {
			t.Errorf("%s: %s", c.Path, result)
		}
	}
	if len(undo) > 0 {
		src.FS = source.Overlay{FS: src.FS, Texts: there}
		undone, err := Images(t.Context(), src, undo)
		if err != nil || len(undone.Declined) > 0 {
			t.Errorf("%s: no way back: %v %v", src.Path, err, undone)
		}
		maps.Copy(there, undone.Files())
		for name, text := range there {
			if result := changed(originals[name], text, nil); result != "" && result != "added" {
				t.Errorf("%s: the way back leads elsewhere: %s", name, result)
			}
		}
	}
	var all []string
	for _, m := range moves {
		all = append(all, results[m.To])
	}
	return all
}

var names = regexp.MustCompile(`(the image |the version of |of |in |chart |Deployment |Job )[^ ]+`)
