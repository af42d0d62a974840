package forgetest

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
)

// bitbucket speaks https://developer.atlassian.com/cloud/bitbucket/rest/.
func (s *Server) bitbucket(mux *http.ServeMux) string {
	const repo = "/2.0/repositories/{owner}/{name}"
	mux.HandleFunc("GET "+repo+"/pullrequests", s.locked(s.cloudList))
	mux.HandleFunc("POST "+repo+"/pullrequests", s.cloudCreate)
	mux.HandleFunc("GET "+repo+"/pullrequests/{number}", s.locked(func(w http.ResponseWriter, r *http.Request) {
		if one := s.find(w, r, hubRepository(r)); one != nil {
			answer(w, http.StatusOK, s.cloudPull(one, true))
		}
	}))
	mux.HandleFunc("PUT "+repo+"/pullrequests/{number}", s.locked(s.cloudEdit))
	mux.HandleFunc("POST "+repo+"/pullrequests/{number}/decline", s.locked(func(w http.ResponseWriter, r *http.Request) {
		if one := s.find(w, r, hubRepository(r)); one != nil {
			one.State = "closed"
			answer(w, http.StatusOK, s.cloudPull(one, true))
		}
	}))
	mux.HandleFunc("GET "+repo+"/pullrequests/{number}/comments", s.locked(s.cloudComments))
	mux.HandleFunc("POST "+repo+"/pullrequests/{number}/comments", s.locked(func(w http.ResponseWriter, r *http.Request) {
		if one := s.find(w, r, hubRepository(r)); one != nil {
			answer(w, http.StatusCreated, cloudComment(*one.comment(text(sent(r), "content", "raw"))))
		}
	}))
	mux.HandleFunc("PUT "+repo+"/pullrequests/{number}/comments/{comment}", s.locked(func(w http.ResponseWriter, r *http.Request) {
		one := s.findComment(w, r)
		switch {
		case one == nil:
		case one.Author != Me:
			s.refuse(w, http.StatusForbidden, "Only the author can edit a comment")
		default:
			one.Text = text(sent(r), "content", "raw")
			answer(w, http.StatusOK, cloudComment(*one))
		}
	}))
	mux.HandleFunc("GET "+repo+"/refs/branches/{branch...}", func(w http.ResponseWriter, r *http.Request) {
		tip := s.Tip(hubRepository(r), r.PathValue("branch"))
		if tip == "" {
			s.refuse(w, http.StatusNotFound, "No such branch: "+r.PathValue("branch"))
			return
		}
		answer(w, http.StatusOK, map[string]any{"type": "branch", "name": r.PathValue("branch"), "target": map[string]string{"type": "commit", "hash": tip}})
	})
	mux.HandleFunc("DELETE "+repo+"/refs/branches/{branch...}", s.locked(func(w http.ResponseWriter, r *http.Request) {
		if !s.deleteBranch(hubRepository(r), r.PathValue("branch")) {
			s.refuse(w, http.StatusNotFound, "No such branch: "+r.PathValue("branch"))
			return
		}
		answer(w, http.StatusNoContent, nil)
	}))
	return "/2.0/"
}

var cloudStates = map[string]string{"open": "OPEN", "closed": "DECLINED", "merged": "MERGED"}

// cloudPull of a list has no reviewers.
func (s *Server) cloudPull(one *Request, whole bool) map[string]any {
	end := func(branch, repository string) map[string]any {
		tip := s.Tip(one.Repository, branch)
		return map[string]any{
			"branch": map[string]string{"name": branch}, "commit": map[string]string{"type": "commit", "hash": tip[:min(12, len(tip))]},
			"repository": map[string]string{"type": "repository", "full_name": repository},
		}
	}
	from := one.Repository
	if one.FromFork {
		from = "somebody/copy"
	}
	out := map[string]any{
		"type": "pullrequest", "id": one.Number, "title": one.Title, "description": one.Body, "state": cloudStates[one.State],
		"source": end(one.From, from), "destination": end(one.Into, one.Repository),
		"links": map[string]any{"html": map[string]string{"href": fmt.Sprintf("%s/%s/pull-requests/%d", s.URL, one.Repository, one.Number)}},
	}
	if whole {
		reviewers := []any{}
		for _, id := range one.Reviewers {
			reviewers = append(reviewers, map[string]string{"type": "user", "uuid": id, "display_name": "Ada"})
		}
		out["reviewers"] = reviewers
	}
	return out
}

func (s *Server) cloudList(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	states := query["state"]
	if len(states) == 0 {
		states = []string{"OPEN"}
	}
	all := s.of(hubRepository(r), func(one *Request) bool {
		isOf := !query.Has("q") || query.Get("q") == `source.branch.name="`+one.From+`"`
		return isOf && slices.Contains(states, cloudStates[one.State])
	})
	from, to, more := s.page(r, "pagelen", len(all))
	list := []any{}
	for _, one := range all[from:to] {
		list = append(list, s.cloudPull(one, false))
	}
	s.cloudPage(w, r, list, more)
}

// cloudPage names the address of the next page.
func (s *Server) cloudPage(w http.ResponseWriter, r *http.Request, list []any, more bool) {
	out := map[string]any{"values": list, "pagelen": len(list), "page": number(r, "page", 1)}
	if more {
		query := r.URL.Query()
		query.Set("page", fmt.Sprint(number(r, "page", 1)+1))
		out["next"] = s.URL + (&url.URL{Path: r.URL.Path, RawQuery: query.Encode()}).String()
	}
	answer(w, http.StatusOK, out)
}

// cloudCreate answers one that is there as it is.
func (s *Server) cloudCreate(w http.ResponseWriter, r *http.Request) {
	in := sent(r)
	made, why := s.create(Request{
		Repository: hubRepository(r), Title: text(in, "title"), Body: text(in, "description"),
		From: text(in, "source", "branch", "name"), Into: text(in, "destination", "branch", "name"),
	})
	switch why {
	case fine, duplicate:
		s.mu.Lock()
		defer s.mu.Unlock()
		answer(w, http.StatusCreated, s.cloudPull(made, true))
	case noCommits:
		s.refuse(w, http.StatusBadRequest, "There are no changes to be pulled")
	default:
		s.refuse(w, http.StatusBadRequest, "source: branch not found: "+text(in, "source", "branch", "name"))
	}
}

func (s *Server) cloudEdit(w http.ResponseWriter, r *http.Request) {
	one := s.find(w, r, hubRepository(r))
	switch {
	case one == nil:
		return
	case one.State != "open":
		s.refuse(w, http.StatusBadRequest, "You can only edit open pull requests")
		return
	}
	in := sent(r)
	one.Title, one.Body, one.Reviewers = text(in, "title"), text(in, "description"), nil
	reviewers, _ := in["reviewers"].([]any)
	for _, reviewer := range reviewers {
		if person, ok := reviewer.(map[string]any); ok {
			one.Reviewers = append(one.Reviewers, text(person, "uuid"))
		}
	}
	answer(w, http.StatusOK, s.cloudPull(one, true))
}

func (s *Server) cloudComments(w http.ResponseWriter, r *http.Request) {
	one := s.find(w, r, hubRepository(r))
	if one == nil {
		return
	}
	from, to, more := s.page(r, "pagelen", len(one.Comments))
	list := []any{}
	for _, c := range one.Comments[from:to] {
		list = append(list, cloudComment(c))
	}
	s.cloudPage(w, r, list, more)
}

func cloudComment(c Comment) map[string]any {
	return map[string]any{
		"type": "pullrequest_comment", "id": c.ID, "deleted": false,
		"content": map[string]string{"type": "rendered", "raw": c.Text, "markup": "markdown"},
		"user":    map[string]string{"uuid": fmt.Sprintf("{%d}", c.Author), "display_name": "Ada"},
	}
}
