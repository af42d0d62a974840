package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"k8s.io/client-go/discovery"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/fairlead-dev/fairlead/internal/sandbox"
)

// The other checkers, and their versions.
const (
	kubeScore   = "github.com/zegl/kube-score/cmd/kube-score@v1.20.0"
	kubeconform = "github.com/yannh/kubeconform/cmd/kubeconform@v0.7.0"
)

// compare runs the other checkers and us on the same objects, and prints how long they take as ratios to us.
func (b *bench) compare(ctx context.Context) error {
	programs := filepath.Join(b.dir, "bin")
	for _, module := range []string{kubeScore, kubeconform} {
		install := exec.CommandContext(ctx, "go", "install", module)
		install.Env = append(os.Environ(), "GOBIN="+programs, "GOFLAGS=")
		if said, err := install.CombinedOutput(); err != nil {
			return fmt.Errorf("go install %s: %w: %s", module, err, said)
		}
	}
	schemas := filepath.Join(b.dir, "schemas")
	if err := writeSchemas(ctx, schemas); err != nil {
		return err
	}
	score := filepath.Join(programs, "kube-score")
	files, refused, err := b.accepted(ctx, score)
	if err != nil {
		return err
	}
	dir := filepath.Join(b.dir, accepted)
	fmt.Printf("\nwithout the %d of %d files that kube-score stops at:\n", refused, refused+len(files))
	ours, err := row("fairlead check", 5, b.program, "check", dir)
	if err != nil {
		return err
	}
	for _, peer := range []struct {
		module string
		args   []string
	}{
		{kubeScore, append([]string{"score", "--output-format", "ci"}, files...)},
		{kubeconform, []string{"-n", "2", "-ignore-missing-schemas", "-schema-location",
			filepath.Join(schemas, "{{.ResourceKind}}{{.KindSuffix}}.json"), dir}},
	} {
		name, version, _ := strings.Cut(path.Base(peer.module), "@")
		r, err := row(name+" "+version, 5, filepath.Join(programs, name), peer.args...)
		if err != nil {
			return err
		}
		fmt.Printf("%-46s %9.2fx time %6.2fx CPU\n", "  ratio to fairlead check", ratio(r.Time, ours.Time), ratio(r.CPU, ours.CPU))
	}
	return nil
}

// accepted copies the files that kube-score can read into a directory of their own. It stops at the first object that
// has a wrong type anywhere.
func (b *bench) accepted(ctx context.Context, score string) (files []string, refused int, err error) {
	all, err := yamlFiles(filepath.Join(b.dir, apart))
	if err != nil {
		return nil, 0, err
	}
	bad := map[string]bool{} // by unit: the copies are alike
	for _, file := range all {
		unit := path.Base(filepath.Dir(file))
		if _, known := bad[unit]; !known {
			said, _ := exec.CommandContext(ctx, score, "score", "--output-format", "ci", file).CombinedOutput() // findings make it fail, too
			bad[unit] = bytes.Contains(said, []byte("Failed to"))
		}
		if bad[unit] {
			refused++
			continue
		}
		way, err := filepath.Rel(filepath.Join(b.dir, apart), file)
		if err != nil {
			return nil, 0, err
		}
		copied := filepath.Join(b.dir, accepted, way)
		if err := os.MkdirAll(filepath.Dir(copied), 0o700); err != nil {
			return nil, 0, err
		}
		if err := os.Link(file, copied); err != nil {
			return nil, 0, err
		}
		files = append(files, copied)
	}
	return files, refused, nil
}

func yamlFiles(dir string) (files []string, err error) {
	err = filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, name)
		}
		return err
	})
	return files, err
}

// definition of the API server's OpenAPI document: a JSON schema with extensions.
type definition = map[string]any

// writeSchemas asks a sandbox's API server for its schema and writes it as kubeconform wants it, a file for each kind.
func writeSchemas(ctx context.Context, dir string) error {
	box, err := sandbox.Start(ctx, sandbox.Options{})
	if err != nil {
		return err
	}
	defer func() { _ = box.Stop(ctx) }()
	config, err := clientcmd.BuildConfigFromFlags("", box.Kubeconfig())
	if err != nil {
		return err
	}
	client, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return err
	}
	text, err := client.RESTClient().Get().AbsPath("/openapi/v2").SetHeader("Accept", "application/json").Do(ctx).Raw()
	if err != nil {
		return err
	}
	var document struct {
		Definitions map[string]definition `json:"definitions"`
	}
	if err := json.Unmarshal(text, &document); err != nil {
		return err
	}
	const quantity, numberOrText = "io.k8s.apimachinery.pkg.api.resource.Quantity", "io.k8s.apimachinery.pkg.util.intstr.IntOrString"
	for _, name := range []string{quantity, numberOrText} {
		document.Definitions[name] = definition{"type": []string{"string", "number"}} // the server's JSON takes both
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for name, d := range document.Definitions {
		kinds, _ := d["x-kubernetes-group-version-kind"].([]any)
		for _, item := range kinds {
			kind, _ := item.(map[string]any)
			group, _, _ := strings.Cut(fmt.Sprint(kind["group"]), ".")
			file := strings.ToLower(strings.Join(slices.DeleteFunc([]string{fmt.Sprint(kind["kind"]), group, fmt.Sprint(kind["version"])},
				func(part string) bool { return part == "" }), "-"))
			used := map[string]definition{}
			collect(document.Definitions, name, used)
			schema, err := json.Marshal(map[string]any{"$ref": "#/definitions/" + name, "definitions": used})
			if err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(dir, file+".json"), schema, 0o600); err != nil {
				return err
			}
		}
	}
	return nil
}

// collect gathers a definition and all that it refers to.
func collect(all map[string]definition, name string, used map[string]definition) {
	if used[name] != nil || all[name] == nil {
		return
	}
	used[name] = all[name]
	var follow func(any)
	follow = func(node any) {
		switch n := node.(type) {
		case map[string]any:
			if ref, ok := n["$ref"].(string); ok {
				collect(all, strings.TrimPrefix(ref, "#/definitions/"), used)
			}
			for value := range maps.Values(n) {
				follow(value)
			}
		case []any:
			for _, item := range n {
				follow(item)
			}
		}
	}
	follow(all[name])
}
