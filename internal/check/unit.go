package check

import (
	"bytes"
	"cmp"
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/kustomize/api/konfig"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/render"
	"github.com/fairlead-dev/fairlead/internal/source"
	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practice/dockerfile"
	"github.com/fairlead-dev/fairlead/practice/own"
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
	here   string   // the directory in which what comes from none counts as lying

	problems []manifest.Problem
	skipped  []manifest.Skipped
	objects  []*manifest.Object // of a cluster
	git      map[manifest.ID]*manifest.Object
	by       map[manifest.ID]practice.Delivered // what is in git
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
	unrendered  *manifest.Problem // why the unit makes nothing
}

func (c *contents) take(set *manifest.Set) {
	c.objects = append(c.objects, set.Objects...)
	c.problems = append(c.problems, set.Problems...)
	c.skipped = append(c.skipped, set.Skipped...)
}

func (u *unit) judge(ctx context.Context, practices []*practice.Practice, by *settings) judgement {
	read := u.read(ctx)
	objects, findings := twice(read.objects)
	for _, p := range read.problems {
		findings = append(findings, unreadable(p))
	}
	if read.unrendered != nil {
		f := unreadable(*read.unrendered)
		f.Leads = u.instead()
		findings = append(findings, f)
	}
	isLive := u.kind == Cluster
	scope := &practice.Scope{Name: u.name, Objects: objects, Dockerfiles: read.dockerfiles, Live: isLive, Complete: isLive && !u.isNamespace, Known: by.isKnown, Git: u.git}
	scope.Policy, scope.Sources = by.outermost.With(u.policy(&read)), u.sources()
	if u.kind == Helm {
		scope.Chart = practice.ReadChart(u.fsys, u.path, u.values)
	}
	if found := practice.Judge(scope, practices); len(findings) == 0 { // as nearly always: they are many, and large
		findings = found
	} else {
		findings = append(findings, found...)
	}
	switch u.kind {
	case Cluster:
		findings = u.mendable(findings)
		u.join(findings)
	case Helm:
		u.point(findings)
	case Kustomize:
		u.trace(findings, objects)
	}
	u.placeEdits(findings, objects)
	j := judgement{
		scope:    Scope{Name: u.name, Kind: u.kind, Objects: len(objects), Dockerfiles: len(read.dockerfiles)},
		findings: findings, skipped: read.skipped, texts: map[string]func() []byte{},
	}
	isOff := func(p *practice.Practice) bool { return !scope.Policy.MayJudge(p.ID, scope.Sources...) }
	j.scope.Weigh(slices.DeleteFunc(append([]*practice.Practice{Readable}, practices...), isOff), findings)
	u.present(&j, by)
	return j
}

// present puts paths as the person knows them.
func (u *unit) present(j *judgement, by *settings) {
	for i := range j.findings {
		f := &j.findings[i]
		f.Scope = u.name
		if f.Practice == Readable.ID { // renderers and their hints name paths
			f.Message, f.Fix = u.showPaths(f.Message), u.showPaths(f.Fix)
		}
		if !by.isOf(f.Origin.Path) {
			f.Origin.Path = u.shown(j, f.Origin.Path)
		}
		for i := range f.Edits {
			f.Edits[i].In.Path = u.shown(j, f.Edits[i].In.Path)
		}
	}
	for _, f := range j.findings {
		if f.Allowed != nil && f.Allowed.Origin.Path != "" && !by.isOf(f.Allowed.Origin.Path) {
			f.Allowed.Origin.Path = u.show(f.Allowed.Origin.Path)
		}
	}
	for i := range j.skipped {
		j.skipped[i].Path = u.show(j.skipped[i].Path)
	}
}

// shown is a path as the person knows it; the text of its file is kept at hand.
func (u *unit) shown(j *judgement, name string) string {
	if name == "" {
		return ""
	}
	shown := u.show(name)
	if j.texts[shown] == nil {
		j.texts[shown] = func() []byte {
			text, _ := fs.ReadFile(u.fsys, name) // without it a finding has no line to show
			return text
		}
	}
	return shown
}

// showPaths puts the paths in a text as the person knows them: those of files and directories that are there, or whose
// directory is.
func (u *unit) showPaths(text string) string {
	if u.show(u.path) == u.path {
		return text
	}
	pattern := `[\w.@/-]+`
	for _, dir := range []string{path.Dir(u.path), u.path} { // whatever characters they have
		if strings.Contains(dir, "/") {
			pattern = regexp.QuoteMeta(dir) + `(?:/[\w.@/-]*)?|` + pattern
		}
	}
	return regexp.MustCompile(pattern).ReplaceAllStringFunc(text, func(word string) string {
		name := strings.TrimRight(word, "./") // that end a sentence
		isPath := strings.Contains(name, "/") || path.Ext(name) != ""
		if !isPath || !fs.ValidPath(name) {
			return word
		}
		_, err := fs.Stat(u.fsys, name)
		if err != nil && (path.Ext(name) != "" || strings.HasPrefix(name, u.path+"/")) && strings.Contains(name, "/") {
			_, err = fs.Stat(u.fsys, path.Dir(name))
		}
		if err != nil {
			return word
		}
		return u.show(name) + word[len(name):]
	})
}

func (u *unit) read(ctx context.Context) contents {
	c := contents{objects: u.objects, problems: u.problems, skipped: u.skipped}
	switch u.kind {
	case Plain:
		u.readFiles(ctx, &c, u.files)
	case Dockerfiles:
		u.readDockerfiles(ctx, &c)
	case Settings:
		c.problems = append(c.problems, u.policies.ProblemsIn(u.path)...)
	case Kustomize, Helm:
		options := render.Options{TemplateLines: true, Helm: render.Helm{Namespace: releaseNamespace}}
		if u.values != "" {
			options.Helm.ValuesFiles = []string{u.values}
		}
		rendered, err := render.Render(ctx, u.fsys, u.path, options)
		if err == nil {
			leaveToRelease(rendered.Set.Objects)
			c.take(rendered.Set)
			break
		}
		why := unrendered(err, u.file)
		c.unrendered = &why
		u.readResources(ctx, &c, u.files, map[string]bool{u.path: true})
	}
	return c
}

// releaseNamespace is what a chart is tried with: whoever installs it chooses another.
const releaseNamespace = "release-namespace"

// leaveToRelease takes out the namespace that nobody has chosen yet: objects that name it and those that name none belong
// together.
func leaveToRelease(objects []*manifest.Object) {
	for _, o := range objects {
		if o.GetNamespace() == releaseNamespace {
			o.SetNamespace("")
		}
	}
}

// instead says what is judged of a unit that makes nothing.
func (u *unit) instead() string {
	switch {
	case u.kind == Kustomize && len(u.files) > 0:
		return "it can't be delivered; its resources were judged as they are written, without what it does to them"
	case u.values != "":
		return "with these values the chart can't be delivered, and nothing of it was judged"
	}
	return "it can't be delivered, and nothing of it was judged"
}

// readResources reads what a kustomization that can't be built lists, as it is: files as they are written, and directories
// as they are built or, if they can't be either, by what they list.
func (u *unit) readResources(ctx context.Context, c *contents, names []string, seen map[string]bool) {
	var files []string
	for _, name := range names {
		info, err := fs.Stat(u.fsys, name)
		if seen[name] || errors.Is(err, fs.ErrNotExist) {
			continue // what is missing, the finding says
		}
		seen[name] = true
		if err != nil || !info.IsDir() {
			files = append(files, name)
			continue
		}
		if built, err := render.Render(ctx, u.fsys, name, render.Options{}); err == nil {
			c.take(built.Set)
			continue
		}
		for _, base := range konfig.RecognizedKustomizationFileNames() {
			u.readResources(ctx, c, u.mentioned(name, base).resources, seen)
		}
	}
	u.readFiles(ctx, c, files)
}

// readFiles reads manifests as they are.
func (u *unit) readFiles(ctx context.Context, c *contents, files []string) {
	for _, set := range eachFile(ctx, files, u.readFile) {
		c.take(set)
	}
}

func (u *unit) readDockerfiles(ctx context.Context, c *contents) {
	type read struct {
		file     *dockerfile.File
		problems []manifest.Problem
	}
	for _, one := range eachFile(ctx, u.files, func(file string) read {
		text, err := fs.ReadFile(u.fsys, file)
		if err != nil {
			return read{problems: []manifest.Problem{unopened(file, err)}}
		}
		f := dockerfile.Parse(file, text)
		return read{f, misread(f)}
	}) {
		if one.file != nil {
			c.dockerfiles = append(c.dockerfiles, one.file)
		}
		c.problems = append(c.problems, one.problems...)
	}
}

// eachFile reads files side by side, and returns what came of them in the order of their names; nothing if ctx has
// ended, which whoever called sees, too.
func eachFile[T any](ctx context.Context, files []string, read func(string) T) []T {
	all := make([]T, len(files))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, file := range slices.Sorted(slices.Values(files)) {
		group.Go(func() error {
			all[i] = read(file)
			return ctx.Err()
		})
	}
	if group.Wait() != nil {
		return nil
	}
	return all
}

func (u *unit) readFile(file string) *manifest.Set {
	text, err := fs.ReadFile(u.fsys, file)
	switch {
	case errors.Is(err, source.ErrTooLarge): // the API server takes no object of a tenth of that
		return &manifest.Set{Skipped: []manifest.Skipped{{Path: file, Reason: cmp.Or(errors.Unwrap(err), err).Error()}}}
	case err != nil:
		return &manifest.Set{Problems: []manifest.Problem{unopened(file, err)}}
	}
	return readManifests(file, text)
}

// readManifests reads a file that may hold something else: only what names an apiVersion and a kind is taken for broken.
func readManifests(file string, text []byte) *manifest.Set {
	if isUTF16(text) {
		if text = bytes.ReplaceAll(text, []byte{0}, nil); bytes.Contains(text, []byte("apiVersion")) && bytes.Contains(text, []byte("kind")) {
			return &manifest.Set{Problems: []manifest.Problem{{Origin: manifest.Origin{Path: file}, Err: hint.With(errors.New("the file is in UTF-16"),
				"save it as UTF-8; Windows PowerShell does so with: kubectl get … | Out-File -Encoding utf8 FILE")}}}
		}
		return &manifest.Set{Skipped: []manifest.Skipped{{Path: file, Reason: noManifest}}}
	}
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
	set.Problems = slices.DeleteFunc(set.Problems, func(p manifest.Problem) bool {
		reason := notToJudge(p.Err)
		if reason != "" {
			set.Skipped = append(set.Skipped, manifest.Skipped{Path: file, Reason: reason})
		}
		return reason != ""
	})
	if slices.ContainsFunc(set.Objects, own.IsOne) {
		set.Objects = slices.DeleteFunc(set.Objects, own.IsOne)
		set.Skipped = append(set.Skipped, manifest.Skipped{Path: file, Reason: "an own practice: judge by it with --practices"})
	}
	return set
}

// notToJudge says why what can't be delivered is no fault of the file either; "" if it is one.
func notToJudge(err error) string {
	unnamed, ok := errors.AsType[*manifest.UnnamedError](err)
	if !ok {
		return ""
	}
	group, _, isGrouped := strings.Cut(unnamed.APIVersion, "/")
	isOurs := !isGrouped && unnamed.Kind != "Config" || isGrouped && scheme.Scheme.IsGroupRegistered(group)
	switch {
	case unnamed.GenerateName != "": // Argo's hooks and workflows, Tekton's runs
		return fmt.Sprintf("%s with generateName: it is created anew each time, not applied", unnamed.Kind)
	case !unnamed.HasMetadata && !isOurs: // of skaffold, kind, kubeadm; a kubeconfig
		return noManifest
	}
	return ""
}

// isUTF16 goes by the mark that programs put before such a text.
func isUTF16(text []byte) bool {
	return bytes.HasPrefix(text, []byte{0xff, 0xfe}) || bytes.HasPrefix(text, []byte{0xfe, 0xff})
}

const noManifest = "no Kubernetes object"

// standardInput is a unit of a text whose kind is found out.
func standardInput(text []byte) *unit {
	const name = "stdin"
	u := &unit{tree: &tree{fsys: source.Overlay{FS: embed.FS{}, Texts: map[string][]byte{name: text}}, show: path.Clean}, name: name, kind: Plain, path: name, files: []string{name}}
	if isDockerfile(text) {
		u.kind = Dockerfiles
	}
	return u
}

// isDockerfile says whether a text begins as one.
func isDockerfile(text []byte) bool {
	for line := range bytes.Lines(bytes.TrimPrefix(text, []byte("\ufeff"))) {
		words := bytes.Fields(line)
		if len(words) == 0 || words[0][0] == '#' {
			continue
		}
		return bytes.EqualFold(words[0], []byte("FROM")) || bytes.EqualFold(words[0], []byte("ARG"))
	}
	return false
}
