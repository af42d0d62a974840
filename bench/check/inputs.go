package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"

	"sigs.k8s.io/yaml"

	"github.com/fairlead-dev/fairlead/internal/render"
	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practices"
)

// smallFile is what somebody checks who has just written it.
const smallFile = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  replicas: 1
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
        - name: web
          image: registry.example:5000/web
          ports:
            - containerPort: 8080
---
apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: shop
spec:
  selector: {app: web}
  ports:
    - port: 80
      targetPort: 8080
`

// unit is what one directory or chart of the corpora holds.
type unit []*manifest.Object

// realObjects are all that the corpora hold, charts and kustomizations rendered. What doesn't render is left out: other
// checkers stop at it.
func realObjects(ctx context.Context, corpora string) ([]unit, error) {
	var units []unit
	fsys := os.DirFS(corpora)
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		kind, objects := unitAt(ctx, fsys, name)
		if len(objects) > 0 {
			units = append(units, objects)
		}
		if kind == render.HelmKind {
			return fs.SkipDir
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(units) == 0 {
		return nil, fmt.Errorf("%s holds no objects", corpora)
	}
	return units, nil
}

// unitAt is what a directory renders to, of plain manifests its own; nothing if it can't be rendered, or told.
func unitAt(ctx context.Context, fsys fs.FS, dir string) (render.Kind, unit) {
	kind, err := render.Detect(fsys, dir)
	if err != nil {
		return "", nil
	}
	if kind == render.PlainKind {
		set, err := ownFiles(fsys, dir)
		if err != nil {
			return kind, nil
		}
		return kind, set.Objects
	}
	rendering, err := render.Render(ctx, fsys, dir, render.Options{})
	if err != nil {
		return kind, nil
	}
	return kind, rendering.Set.Objects
}

func ownFiles(fsys fs.FS, dir string) (*manifest.Set, error) {
	set := &manifest.Set{}
	entries, err := fs.ReadDir(fsys, dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if name := path.Join(dir, e.Name()); slices.Contains([]string{".yaml", ".yml"}, path.Ext(name)) {
			text, err := fs.ReadFile(fsys, name)
			if err != nil {
				return nil, err
			}
			set.Merge(manifest.Read(name, text))
		}
	}
	return set, nil
}

// writeApart writes n objects as repositories have them: a directory for each unit, copies of all until there are enough.
func writeApart(dir string, units []unit, n int) error {
	for copied := 0; n > 0; copied++ {
		for i, u := range units {
			u = u[:min(len(u), n)]
			if n -= len(u); len(u) == 0 {
				break
			}
			if err := write(filepath.Join(dir, fmt.Sprint(copied), fmt.Sprint(i), "objects.yaml"), u); err != nil {
				return err
			}
		}
	}
	return nil
}

// writeTogether writes n objects into one directory, so that all are judged together, each unit in a namespace of its own.
func writeTogether(dir string, units []unit, n int) error {
	for copied := 0; n > 0; copied++ {
		for i, u := range units {
			u = u[:min(len(u), n)]
			if n -= len(u); len(u) == 0 {
				break
			}
			own := fmt.Sprintf("%d-%d", copied, i)
			moved := make(unit, len(u))
			for j, o := range u {
				moved[j] = &manifest.Object{Unstructured: *o.DeepCopy()}
				if o.GetNamespace() == "" {
					moved[j].SetName(o.GetName() + "-" + own)
				}
				moved[j].SetNamespace(o.GetNamespace() + own)
			}
			if err := write(filepath.Join(dir, own+".yaml"), moved); err != nil {
				return err
			}
		}
	}
	return nil
}

func write(name string, objects unit) error {
	var text []byte
	for _, o := range objects {
		document, err := yaml.Marshal(o.Object)
		if err != nil {
			return err
		}
		text = append(append(text, "---\n"...), document...)
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	return os.WriteFile(name, text, 0o600)
}

// writeDockerfiles writes n Dockerfiles, copies of the practices' examples, each in a directory of its own.
func writeDockerfiles(dir string, n int) error {
	var texts [][]byte
	for _, p := range practices.All {
		examples, err := fs.Glob(p.Files, "testdata/*.Dockerfile")
		if err != nil {
			return err
		}
		for _, name := range examples {
			text, err := fs.ReadFile(p.Files, name)
			if err != nil {
				return err
			}
			texts = append(texts, text)
		}
	}
	for i := range n {
		own := filepath.Join(dir, fmt.Sprint(i))
		if err := os.MkdirAll(own, 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(own, "Dockerfile"), texts[i%len(texts)], 0o600); err != nil {
			return err
		}
	}
	return nil
}
