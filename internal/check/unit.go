package check

import (
	"bytes"
	"context"
	"io/fs"
	"math"
	"path"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/fairlead-dev/fairlead/internal/render"
	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practice/dockerfile"
)

// unit is something that makes one scope.
type unit struct {
	*tree
	name   string // of the scope
	kind   Kind
	path   string   // directory or archive
	file   string   // that its problems are told of, where nothing better is known
	files  []string // that it is made of; of a kustomization: what to judge if it can't be built
	values string   // of a chart: the file, from the chart's directory

	problems []manifest.Problem
	skipped  []manifest.Skipped
	objects  []*manifest.Object // of a cluster
	git      map[manifest.ID]*manifest.Object
	// isNamespace says that only a part of the cluster was read: what isn't there may be elsewhere.
	isNamespace bool
}

// judgement is what came of a unit.
type judgement struct {
	scope    Scope
	findings []practice.Finding
	skipped  []manifest.Skipped
	texts    map[string]func() []byte // of the files that findings are in, by the path shown
}

// contents are what was read of a unit.
type contents struct {
	objects     []*manifest.Object
	dockerfiles []*dockerfile.File
	problems    []manifest.Problem
	skipped     []manifest.Skipped
}

func (c *contents) take(set *manifest.Set) {
	c.objects = append(c.objects, set.Objects...)
	c.problems = append(c.problems, set.Problems...)
	c.skipped = append(c.skipped, set.Skipped...)
}

func (u *unit) judge(ctx context.Context, practices []*practice.Practice) judgement {
	read := u.read(ctx)
	objects, findings := twice(read.objects)
	for _, p := range read.problems {
		findings = append(findings, unreadable(p))
	}
	isLive := u.kind == Cluster
	scope := &practice.Scope{Name: u.name, Objects: objects, Dockerfiles: read.dockerfiles, Live: isLive, Complete: isLive && !u.isNamespace, Git: u.git}
	findings = append(findings, practice.Judge(scope, practices)...)
	switch u.kind {
	case Cluster:
		findings = u.mendable(findings)
	case Helm:
		u.point(findings)
	}
	j := judgement{
		scope:    Scope{Name: u.name, Kind: u.kind, Objects: len(objects), Dockerfiles: len(read.dockerfiles), Score: score(scope, practices, findings)},
		findings: findings, skipped: read.skipped, texts: map[string]func() []byte{},
	}
	u.present(&j)
	return j
}

// present puts paths as the person knows them.
func (u *unit) present(j *judgement) {
	for i := range j.findings {
		f := &j.findings[i]
		f.Scope = u.name
		if f.Practice == Readable.ID && u.path != "." && u.path != "" { // renderers and their hints name paths
			f.Message, f.Fix = strings.ReplaceAll(f.Message, u.path, u.show(u.path)), strings.ReplaceAll(f.Fix, u.path, u.show(u.path))
		}
		if name := f.Origin.Path; name != "" {
			f.Origin.Path = u.show(name)
			j.texts[f.Origin.Path] = func() []byte {
				text, _ := fs.ReadFile(u.fsys, name) // without it a finding has no line to show
				return text
			}
		}
	}
	for i := range j.skipped {
		j.skipped[i].Path = u.show(j.skipped[i].Path)
	}
}

func (u *unit) read(ctx context.Context) contents {
	c := contents{objects: u.objects, problems: u.problems, skipped: u.skipped}
	switch u.kind {
	case Plain:
		u.readFiles(ctx, &c)
	case Dockerfiles:
		for _, file := range slices.Sorted(slices.Values(u.files)) {
			text, err := fs.ReadFile(u.fsys, file)
			if err != nil {
				c.problems = append(c.problems, manifest.Problem{Origin: manifest.Origin{Path: file}, Err: err})
				continue
			}
			f := dockerfile.Parse(file, text)
			c.dockerfiles, c.problems = append(c.dockerfiles, f), append(c.problems, misread(f)...)
		}
	case Kustomize, Helm:
		options := render.Options{TemplateLines: true}
		if u.values != "" {
			options.Helm.ValuesFiles = []string{u.values}
		}
		rendered, err := render.Render(ctx, u.fsys, u.path, options)
		if err == nil {
			c.take(rendered.Set)
			break
		}
		c.problems = append(c.problems, unrendered(err, u.file))
		u.readFiles(ctx, &c)
	}
	return c
}

// readFiles reads manifests as they are.
func (u *unit) readFiles(ctx context.Context, c *contents) {
	sets := make([]*manifest.Set, len(u.files))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, file := range slices.Sorted(slices.Values(u.files)) {
		group.Go(func() error {
			sets[i] = u.readFile(file)
			return ctx.Err()
		})
	}
	if group.Wait() != nil {
		return // who called sees it, too
	}
	for _, set := range sets {
		c.take(set)
	}
}

func (u *unit) readFile(file string) *manifest.Set {
	info, err := fs.Stat(u.fsys, file)
	if err == nil && info.IsDir() {
		return &manifest.Set{} // another kustomization's directory
	}
	text, err := fs.ReadFile(u.fsys, file)
	if err != nil {
		return &manifest.Set{Problems: []manifest.Problem{{Origin: manifest.Origin{Path: file}, Err: err}}}
	}
	return readManifests(file, text)
}

// readManifests reads a file that may hold something else: only what names an apiVersion and a kind is taken for broken.
func readManifests(file string, text []byte) *manifest.Set {
	if !bytes.Contains(text, []byte("apiVersion")) || !bytes.Contains(text, []byte("kind")) {
		return &manifest.Set{Skipped: []manifest.Skipped{{Path: file, Reason: noManifest}}}
	}
	set := manifest.Read(file, text)
	if len(set.Skipped) > 0 {
		set.Skipped = nil
		if len(set.Objects)+len(set.Problems) == 0 {
			set.Skipped = []manifest.Skipped{{Path: file, Reason: noManifest}}
		}
	}
	return set
}

const noManifest = "no Kubernetes object"

// standardInput is a unit of a text whose kind is found out.
func standardInput(text []byte) *unit {
	const name = "stdin"
	u := &unit{tree: &tree{fsys: oneFile{name, text}, show: path.Clean}, name: name, kind: Plain, path: name, files: []string{name}}
	if isDockerfile(text) {
		u.kind = Dockerfiles
	}
	return u
}

// isDockerfile says whether a text begins as one.
func isDockerfile(text []byte) bool {
	for line := range bytes.Lines(text) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		word, _, _ := bytes.Cut(line, []byte(" "))
		return bytes.EqualFold(word, []byte("FROM")) || bytes.EqualFold(word, []byte("ARG"))
	}
	return false
}

// score is the share of the practices that hold in a scope, each counting as much as it is severe.
func score(s *practice.Scope, practices []*practice.Practice, findings []practice.Finding) int {
	broken := map[string]practice.Severity{}
	for _, f := range findings {
		broken[f.Practice] = max(broken[f.Practice], f.Severity)
	}
	all, lost := 0, 0
	for _, p := range append([]*practice.Practice{Readable}, practices...) {
		if p.Inputs&inputs(s) != 0 {
			all += int(p.Severity)
			lost += int(min(broken[p.ID], p.Severity))
		}
	}
	if all == 0 {
		return 100
	}
	return int(math.Round(100 * float64(all-lost) / float64(all)))
}

// inputs that there are in a scope.
func inputs(s *practice.Scope) practice.Inputs {
	var has practice.Inputs
	switch {
	case len(s.Dockerfiles) > 0:
		has |= practice.Dockerfiles
	case s.Live:
		has |= practice.Cluster
	default:
		has |= practice.Manifests
	}
	return has
}
