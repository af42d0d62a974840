package kustomize

import (
	"net/url"

	"sigs.k8s.io/kustomize/api/resource"
)

// isRemoteFile says whether kustomize would fetch a file by HTTP. It is the library's own rule, which is internal
// to it: api/internal/loader.IsRemoteFile.
func isRemoteFile(ref string) bool {
	u, err := url.Parse(ref)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https")
}

// isRemoteBase says whether kustomize would fetch a base by HTTP or run git for it ("github.com/acme/x",
// "git@host:x.git", "file:///x"). The library's own parser is internal; to append a path to an origin runs it.
func isRemoteBase(ref string) bool { return isRemoteFile(ref) || repository(ref) != "" }

// repository is the repository that kustomize would clone for ref, or "".
func repository(ref string) string { return new(resource.Origin).Append(ref).Repo }
