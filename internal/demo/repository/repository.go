// Package repository makes the config repository that the demo delivers: a product of 72 Deployments in 12
// applications, a third of them plain manifests, a third Kustomize and a third Helm.
//
// Nothing goes in; out come the files, the same bytes each time. The package never touches a disk or a cluster.
package repository

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"sync"
	"text/template"
)

const (
	// Deployments is how many Deployments all applications together have.
	Deployments = 72
	// Containers is how many containers run once each Deployment has all its replicas, sidecars included.
	Containers = 150
)

// Files returns the repository: slash-separated path to content.
func Files() map[string][]byte {
	files := tree{}
	files.render("README.md", "README.md.tmpl", catalogue)
	files.copy("", "shared")
	for _, s := range sidecars {
		files.render("components/"+s.Name+"/kustomization.yaml", "component.yaml.tmpl", s)
	}
	for _, app := range catalogue {
		dir := "apps/" + app.Name
		switch app.Form {
		case plain:
			files.plain(dir, app)
		case kustomize:
			files.kustomize(dir, app)
		case helm:
			files.helm(dir, app)
		}
	}
	return files
}

// Applications returns the directories below apps/, sorted.
func Applications() []string {
	var names []string
	for _, app := range catalogue {
		names = append(names, app.Name)
	}
	slices.Sort(names)
	return names
}

// Version is the one that a service has.
func Version(name string) string {
	for _, app := range catalogue {
		for _, s := range app.Services {
			if s.Name == name {
				return s.Version
			}
		}
	}
	return ""
}

// From are the files of a repository whose images come from somewhere else: "127.0.0.1:5000/acme/".
func From(registry string) map[string][]byte {
	files := Files()
	for name, text := range files {
		files[name] = bytes.ReplaceAll(text, []byte(Registry), []byte(registry))
	}
	return files
}

// Images returns every image the repository refers to, as REGISTRY/NAME:TAG, sorted and each once.
func Images() []string {
	var images []string
	for _, app := range catalogue {
		for _, d := range app.Deployments() {
			images = append(images, d.Repository()+":"+d.Version)
			if d.Sidecar != nil {
				images = append(images, d.Sidecar.Repository()+":"+d.Sidecar.Version)
			}
		}
	}
	slices.Sort(images)
	return slices.Compact(images)
}

// tree is the repository while it is written.
type tree map[string][]byte

// plain writes one file for each service.
func (t tree) plain(dir string, app application) {
	t.render(dir+"/namespace.yaml", "namespace.yaml.tmpl", app)
	for _, d := range app.Deployments() {
		t.render(dir+"/"+d.Name+".yaml", "service.yaml.tmpl", d)
	}
}

// kustomize writes one directory for each service, on top of the bases and components that all share.
func (t tree) kustomize(dir string, app application) {
	t.render(dir+"/namespace.yaml", "namespace.yaml.tmpl", app)
	t.render(dir+"/kustomization.yaml", "kustomization.yaml.tmpl", app)
	for _, d := range app.Deployments() {
		t.render(dir+"/"+d.Part()+"/kustomization.yaml", "service-kustomization.yaml.tmpl", d)
		if d.Host != "" {
			t.render(dir+"/ingress.yaml", "ingress.yaml.tmpl", d) // they have one at most
		}
	}
}

// helm writes a chart: templates that range over the services, and values that list them.
func (t tree) helm(dir string, app application) {
	t.render(dir+"/Chart.yaml", "Chart.yaml.tmpl", app)
	t.render(dir+"/values.yaml", "values.yaml.tmpl", app)
	t.copy(dir, "chart")
	if sub := app.Subchart(); sub != nil {
		t.copy(dir+"/charts/"+sub.Name, "subchart")
		t.render(dir+"/charts/"+sub.Name+"/Chart.yaml", "subchart.yaml.tmpl", sub)
	}
}

//go:embed all:templates all:shared all:chart all:subchart
var embedded embed.FS

// templates are read when the first is asked for: no other command should wait for them.
var templates = sync.OnceValue(func() *template.Template { return template.Must(template.ParseFS(embedded, "templates/*.tmpl")) })

// render and copy panic: what can fail in them is fixed when the program is built, and the tests run it all.
func (t tree) render(name, tmpl string, data any) {
	var out bytes.Buffer
	if err := templates().ExecuteTemplate(&out, tmpl, data); err != nil {
		panic(fmt.Sprintf("render %s: %v", name, err))
	}
	t[name] = out.Bytes()
}

// copy takes the files of an embedded directory over as they are: what is in Helm's own template language, or
// the same for everybody.
func (t tree) copy(dir, from string) {
	err := fs.WalkDir(embedded, from, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := embedded.ReadFile(name)
		t[path.Join(dir, name[len(from)+1:])] = data
		return err
	})
	if err != nil {
		panic(fmt.Sprintf("copy %s: %v", from, err))
	}
}
