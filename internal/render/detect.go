package render

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/konfig"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/render/files"
)

// Kind is how a directory of manifests is rendered.
type Kind string

// The kinds that are told apart.
const (
	PlainKind     Kind = "plain"
	KustomizeKind Kind = "kustomize"
	HelmKind      Kind = "helm"
)

// Detect finds out the kind of a directory or file: a chart has a Chart.yaml, a kustomization a kustomization.yaml
// (or .yml, or Kustomization), all else is plain. A directory that is both is an error: which one is meant would be
// a guess.
func Detect(fsys fs.FS, name string) (Kind, error) {
	kind, _, err := detect(files.NewReader(context.Background(), fsys, Limits{}.orDefault().reading()), name)
	return kind, err
}

// detect also returns the path to render: naming a Chart.yaml or kustomization.yaml means its directory.
func detect(r *files.Reader, name string) (Kind, string, error) {
	name, err := clean(name)
	if err != nil {
		return "", "", err
	}
	info, err := r.Stat(name)
	if err != nil {
		return "", "", unreadable(r, name, err)
	}
	if info.IsDir() {
		kind, err := kindOfDirectory(r, name)
		return kind, name, err
	}
	switch base := path.Base(name); {
	case base == "Chart.yaml":
		return HelmKind, path.Dir(name), nil
	case isKustomization(base):
		return KustomizeKind, path.Dir(name), nil
	case path.Ext(base) == ".tgz":
		return HelmKind, name, nil
	}
	return PlainKind, name, nil
}

// clean accepts what people type for a path below the root: "./apps/shop", "apps/shop/", "".
func clean(name string) (string, error) {
	cleaned := path.Clean(strings.TrimPrefix(name, "/"))
	if !fs.ValidPath(cleaned) {
		return "", hint.With(fmt.Errorf("path %q leads out of the repository", name), "give the path from the repository's root")
	}
	return cleaned, nil
}

func unreadable(r *files.Reader, name string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return r.Missing(name)
	}
	return hint.With(err, "check that the path is in the repository and that no link leads out of it")
}

func kindOfDirectory(r *files.Reader, dir string) (Kind, error) {
	entries, err := r.ReadDir(dir)
	if err != nil {
		return "", err
	}
	var isChart, isKustomized bool
	for _, e := range entries {
		isChart = isChart || e.Name() == "Chart.yaml"
		isKustomized = isKustomized || isKustomization(e.Name())
	}
	switch {
	case isChart && isKustomized:
		return "", hint.With(fmt.Errorf("%s is both a Helm chart and a kustomization", dir), "move one of the two into a directory of its own")
	case isChart:
		return HelmKind, nil
	case isKustomized:
		return KustomizeKind, nil
	}
	return PlainKind, nil
}

func isKustomization(base string) bool {
	return slices.Contains(konfig.RecognizedKustomizationFileNames(), base)
}

// elsewhere says why a sub-directory of a plain directory is not read with it.
func elsewhere(r *files.Reader) func(dir string) string {
	return func(dir string) string {
		switch kind, err := kindOfDirectory(r, dir); {
		case err != nil:
			return err.Error() + ": deliver it by its own path"
		case kind == HelmKind:
			return "a Helm chart: deliver it by its own path"
		case kind == KustomizeKind:
			return "a kustomization: deliver it by its own path"
		}
		return ""
	}
}
