package kustomize

import "sigs.k8s.io/kustomize/api/types"

// Mentions is what a kustomization file names, without anything of it being looked at.
type Mentions struct {
	Names       []string // as written: files, directories, addresses, and texts of inline patches
	Resources   []string // those of them that are listed as resources
	IsComponent bool     // it is only ever a part of others
}

// Mentioned reads what a kustomization file names.
func Mentioned(file string, text []byte) (Mentions, error) {
	k, err := parse(file, text)
	if err != nil {
		return Mentions{}, err
	}
	m := Mentions{IsComponent: k.Kind == types.ComponentKind}
	for _, ref := range references(&k.Kustomization) {
		m.Names = append(m.Names, ref.name)
		if ref.use == useResource {
			m.Resources = append(m.Resources, ref.name)
		}
	}
	return m, nil
}
