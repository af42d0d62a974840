package forgetest

import (
	"fmt"
	"net/http"
	"strings"
)

// github speaks https://docs.github.com/rest of GitHub Enterprise Server, whose API is below the forge's address.
func (s *Server) github(mux *http.ServeMux) string {
	const repo = "/api/v3/repos/{owner}/{name}"
	s.hub(mux, "/api/v3", repo)
	mux.HandleFunc("GET "+repo+"/git/ref/heads/{branch...}", func(w http.ResponseWriter, r *http.Request) {
		tip := s.Tip(hubRepository(r), r.PathValue("branch"))
		if tip == "" {
			s.refuse(w, http.StatusNotFound, "Not Found")
			return
		}
		answer(w, http.StatusOK, map[string]any{"ref": "refs/heads/" + r.PathValue("branch"), "object": map[string]string{"type": "commit", "sha": tip}})
	})
	mux.HandleFunc("DELETE "+repo+"/git/refs/heads/{branch...}", s.locked(func(w http.ResponseWriter, r *http.Request) {
		if !s.deleteBranch(hubRepository(r), r.PathValue("branch")) {
			s.refuse(w, http.StatusUnprocessableEntity, "Reference does not exist")
			return
		}
		answer(w, http.StatusNoContent, nil)
	}))
	return "/api/v3/"
}

// gitea speaks https://docs.gitea.com/api.
func (s *Server) gitea(mux *http.ServeMux) string {
	const repo = "/api/v1/repos/{owner}/{name}"
	s.hub(mux, "/api/v1", repo)
	mux.HandleFunc("GET "+repo+"/branches/{branch...}", func(w http.ResponseWriter, r *http.Request) {
		tip := s.Tip(hubRepository(r), r.PathValue("branch"))
		if tip == "" {
			s.refuse(w, http.StatusNotFound, "The target couldn't be found.")
			return
		}
		answer(w, http.StatusOK, map[string]any{"name": r.PathValue("branch"), "commit": map[string]string{"id": tip}, "protected": false})
	})
	mux.HandleFunc("DELETE "+repo+"/branches/{branch...}", s.locked(func(w http.ResponseWriter, r *http.Request) {
		if !s.deleteBranch(hubRepository(r), r.PathValue("branch")) {
			s.refuse(w, http.StatusNotFound, "The target couldn't be found.")
			return
		}
		answer(w, http.StatusNoContent, nil)
	}))
	return "/api/v1/"
}

func hubRepository(r *http.Request) string { return r.PathValue("owner") + "/" + r.PathValue("name") }

// hub is what both have in common.
func (s *Server) hub(mux *http.ServeMux, api, repo string) {
	mux.HandleFunc("GET "+api+"/user", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, hubUser(Me)) })
	mux.HandleFunc("GET "+repo+"/pulls", s.locked(s.hubList))
	mux.HandleFunc("POST "+repo+"/pulls", s.hubCreate)
	mux.HandleFunc("PATCH "+repo+"/pulls/{number}", s.locked(s.hubEdit))
	mux.HandleFunc("GET "+repo+"/issues/{number}/comments", s.locked(s.hubComments))
	mux.HandleFunc("POST "+repo+"/issues/{number}/comments", s.locked(func(w http.ResponseWriter, r *http.Request) {
		if one := s.find(w, r, hubRepository(r)); one != nil {
			answer(w, http.StatusCreated, hubComment(*one.comment(text(sent(r), "body"))))
		}
	}))
	mux.HandleFunc("PATCH "+repo+"/issues/comments/{comment}", s.locked(func(w http.ResponseWriter, r *http.Request) {
		if one := s.findComment(w, r); one != nil {
			one.Text = text(sent(r), "body")
			answer(w, http.StatusOK, hubComment(*one))
		}
	}))
}

func (s *Server) hubPull(r *http.Request, one *Request) map[string]any {
	ref := func(branch string, fork bool) map[string]any {
		id, owner := 7, r.PathValue("owner")
		if fork {
			id, owner = 8, "somebody"
		}
		return map[string]any{
			"ref": branch, "label": owner + ":" + branch, "sha": s.Tip(one.Repository, branch), "repo_id": id,
			"repo": map[string]any{"id": id, "full_name": owner + "/" + r.PathValue("name"), "fork": fork},
		}
	}
	out := map[string]any{
		"id": 9000 + one.Number, "number": one.Number, "title": one.Title, "body": one.Body, "draft": false, "merged_at": nil,
		"state": strings.Replace(one.State, "merged", "closed", 1), "user": hubUser(Me), "head": ref(one.From, one.FromFork), "base": ref(one.Into, false),
		"html_url": fmt.Sprintf("%s/%s/%s/%d", s.URL, one.Repository, map[string]string{"GitHub": "pull", "Gitea": "pulls"}[s.kind], one.Number),
	}
	if one.State == "merged" {
		out["merged_at"] = "2026-10-01T12:00:00Z"
	}
	if s.kind == "Gitea" { // GitHub's lists leave it out
		out["merged"] = one.State == "merged"
	}
	return out
}

// hubList knows branches on GitHub only.
func (s *Server) hubList(w http.ResponseWriter, r *http.Request) {
	query, size := r.URL.Query(), map[string]string{"GitHub": "per_page", "Gitea": "limit"}[s.kind]
	all := s.of(hubRepository(r), func(one *Request) bool {
		owner := r.PathValue("owner")
		if one.FromFork {
			owner = "somebody"
		}
		isOf := s.kind == "Gitea" || !query.Has("head") || query.Get("head") == owner+":"+one.From
		return isOf && (query.Get("state") == "all" || (query.Get("state") != "closed") == (one.State == "open"))
	})
	from, to, more := s.page(r, size, len(all))
	list := []any{}
	for _, one := range all[from:to] {
		list = append(list, s.hubPull(r, one))
	}
	s.linked(w, r, more)
	answer(w, http.StatusOK, list)
}

func (s *Server) hubCreate(w http.ResponseWriter, r *http.Request) {
	in, repository := sent(r), hubRepository(r)
	made, why := s.create(Request{Repository: repository, Title: text(in, "title"), Body: text(in, "body"), From: text(in, "head"), Into: text(in, "base")})
	invalid := func(field, code, message string) {
		answer(w, http.StatusUnprocessableEntity, map[string]any{
			"message": "Validation Failed", "documentation_url": "https://docs.github.com/rest/pulls/pulls#create-a-pull-request", "status": "422",
			"errors": []any{map[string]string{"resource": "PullRequest", "field": field, "code": code, "message": message}},
		})
	}
	switch {
	case why == fine:
		s.mu.Lock()
		defer s.mu.Unlock()
		answer(w, http.StatusCreated, s.hubPull(r, made))
	case s.kind == "Gitea" && why == duplicate:
		answer(w, http.StatusConflict, map[string]any{
			"message": fmt.Sprintf("pull request already exists for these targets [id: %d, issue_id: %d, head_repo_id: 7, base_repo_id: 7, head_branch: %s, base_branch: %s]",
				made.Number, made.Number, made.From, made.Into),
			"url": s.URL + "/api/swagger",
		})
	case s.kind == "Gitea":
		s.refuse(w, http.StatusNotFound, "The target couldn't be found.")
	case why == duplicate:
		invalid("", "custom", "A pull request already exists for "+r.PathValue("owner")+":"+made.From+".")
	case why == noCommits:
		invalid("", "custom", "No commits between "+text(in, "base")+" and "+text(in, "head"))
	default:
		invalid("head", "invalid", "")
	}
}

func (s *Server) hubEdit(w http.ResponseWriter, r *http.Request) {
	one := s.find(w, r, hubRepository(r))
	if one == nil {
		return
	}
	in := sent(r)
	one.Title, one.Body = text(in, "title"), text(in, "body")
	if state := text(in, "state"); state != "" {
		one.State = state
	}
	answer(w, map[string]int{"GitHub": http.StatusOK, "Gitea": http.StatusCreated}[s.kind], s.hubPull(r, one))
}

// hubComments has pages on GitHub only.
func (s *Server) hubComments(w http.ResponseWriter, r *http.Request) {
	one := s.find(w, r, hubRepository(r))
	if one == nil {
		return
	}
	from, to, more := s.page(r, "per_page", len(one.Comments))
	if s.kind == "Gitea" {
		from, to, more = 0, len(one.Comments), false
	}
	list := []any{}
	for _, c := range one.Comments[from:to] {
		list = append(list, hubComment(c))
	}
	s.linked(w, r, more)
	answer(w, http.StatusOK, list)
}

func hubComment(c Comment) map[string]any {
	return map[string]any{"id": c.ID, "body": c.Text, "user": hubUser(c.Author)}
}

func hubUser(id int) map[string]any {
	return map[string]any{"id": id, "login": fmt.Sprintf("user%d", id), "type": "User"}
}
