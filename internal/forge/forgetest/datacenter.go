package forgetest

import (
	"fmt"
	"net/http"
	"strings"
)

// dataCenter speaks https://developer.atlassian.com/server/bitbucket/rest/.
func (s *Server) dataCenter(mux *http.ServeMux) string {
	const repo = "/rest/api/1.0/projects/{owner}/repos/{name}"
	mux.HandleFunc("GET "+repo+"/pull-requests", s.locked(s.centerList))
	mux.HandleFunc("POST "+repo+"/pull-requests", s.centerCreate)
	mux.HandleFunc("PUT "+repo+"/pull-requests/{number}", s.locked(s.centerEdit))
	mux.HandleFunc("POST "+repo+"/pull-requests/{number}/decline", s.locked(s.centerDecline))
	mux.HandleFunc("GET "+repo+"/pull-requests/{number}/activities", s.locked(s.centerActivities))
	mux.HandleFunc("POST "+repo+"/pull-requests/{number}/comments", s.locked(func(w http.ResponseWriter, r *http.Request) {
		if one := s.find(w, r, hubRepository(r)); one != nil {
			answer(w, http.StatusCreated, centerComment(*one.comment(text(sent(r), "text"))))
		}
	}))
	mux.HandleFunc("PUT "+repo+"/pull-requests/{number}/comments/{comment}", s.locked(s.centerEditComment))
	mux.HandleFunc("GET "+repo+"/branches", func(w http.ResponseWriter, r *http.Request) {
		list := []any{}
		for name := range strings.FieldsSeq(s.inGit(hubRepository(r), "for-each-ref", "--format=%(refname)", "refs/heads")) {
			branch := strings.TrimPrefix(name, "refs/heads/")
			if strings.Contains(branch, r.URL.Query().Get("filterText")) {
				list = append(list, map[string]any{"id": name, "displayId": branch, "type": "BRANCH", "latestCommit": s.Tip(hubRepository(r), branch)})
			}
		}
		centerPage(w, list, len(list), false)
	})
	mux.HandleFunc("DELETE /rest/branch-utils/1.0/projects/{owner}/repos/{name}/branches", s.locked(func(w http.ResponseWriter, r *http.Request) {
		in := sent(r)
		branch := strings.TrimPrefix(text(in, "name"), "refs/heads/")
		if at := text(in, "endPoint"); at != "" && at != s.Tip(hubRepository(r), branch) {
			s.refuse(w, http.StatusBadRequest, "The branch is not at the expected commit")
			return
		}
		s.deleteBranch(hubRepository(r), branch)
		answer(w, http.StatusNoContent, nil)
	}))
	return "/rest/"
}

var centerStates = map[string]string{"open": "OPEN", "closed": "DECLINED", "merged": "MERGED"}

func (s *Server) centerPull(one *Request) map[string]any {
	project, name, _ := strings.Cut(one.Repository, "/")
	ref := func(branch string, id int) map[string]any {
		return map[string]any{
			"id": "refs/heads/" + branch, "displayId": branch, "latestCommit": s.Tip(one.Repository, branch),
			"repository": map[string]any{"id": id, "slug": name, "project": map[string]string{"key": project}},
		}
	}
	from := 7
	if one.FromFork {
		from = 8
	}
	reviewers := []any{}
	for _, name := range one.Reviewers {
		reviewers = append(reviewers, map[string]any{"user": map[string]string{"name": name}, "role": "REVIEWER", "approved": false, "status": "UNAPPROVED"})
	}
	return map[string]any{
		"id": one.Number, "version": one.version, "title": one.Title, "description": one.Body, "state": centerStates[one.State],
		"open": one.State == "open", "closed": one.State != "open", "fromRef": ref(one.From, from), "toRef": ref(one.Into, 7), "reviewers": reviewers,
		"links": map[string]any{"self": []any{map[string]string{"href": fmt.Sprintf("%s/projects/%s/repos/%s/pull-requests/%d", s.URL, project, name, one.Number)}}},
	}
}

func centerPage(w http.ResponseWriter, list []any, next int, more bool) {
	out := map[string]any{"values": list, "size": len(list), "isLastPage": !more, "nextPageStart": nil}
	if more {
		out["nextPageStart"] = next
	}
	answer(w, http.StatusOK, out)
}

func (s *Server) centerList(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	all := s.of(hubRepository(r), func(one *Request) bool {
		isIn := query.Get("state") == "ALL" || query.Get("state") == centerStates[one.State] || !query.Has("state") && one.State == "open"
		return isIn && (query.Get("direction") != "OUTGOING" || query.Get("at") == "refs/heads/"+one.From)
	})
	from, to, more := s.page(r, "limit", len(all))
	list := []any{}
	for _, one := range all[from:to] {
		list = append(list, s.centerPull(one))
	}
	centerPage(w, list, to, more)
}

func centerRefuse(w http.ResponseWriter, exception, message string, more map[string]any) {
	one := map[string]any{"context": nil, "message": message, "exceptionName": "com.atlassian.bitbucket.pull." + exception}
	for key, value := range more {
		one[key] = value
	}
	answer(w, http.StatusConflict, map[string]any{"errors": []any{one}})
}

func (s *Server) centerCreate(w http.ResponseWriter, r *http.Request) {
	in := sent(r)
	made, why := s.create(Request{
		Repository: hubRepository(r), Title: text(in, "title"), Body: text(in, "description"),
		From: strings.TrimPrefix(text(in, "fromRef", "id"), "refs/heads/"), Into: strings.TrimPrefix(text(in, "toRef", "id"), "refs/heads/"),
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	switch why {
	case fine:
		answer(w, http.StatusCreated, s.centerPull(made))
	case duplicate:
		centerRefuse(w, "DuplicatePullRequestException", "Only one pull request may be open for a given source and target branch", map[string]any{"existingPullRequest": s.centerPull(made)})
	case noCommits:
		centerRefuse(w, "EmptyPullRequestException", text(in, "fromRef", "id")+" is already up-to-date with branch "+text(in, "toRef", "id"), nil)
	default:
		s.refuse(w, http.StatusNotFound, "Repository does not contain a ref "+text(in, "fromRef", "id"))
	}
}

func (s *Server) centerEdit(w http.ResponseWriter, r *http.Request) {
	one := s.find(w, r, hubRepository(r))
	if one == nil {
		return
	}
	in := sent(r)
	switch version, _ := in["version"].(float64); {
	case int(version) != one.version:
		s.outdated(w)
		return
	case one.State != "open":
		centerRefuse(w, "IllegalPullRequestStateException", "This pull request has already been declined", nil)
		return
	}
	one.Title, one.Body, one.Reviewers = text(in, "title"), text(in, "description"), nil
	reviewers, _ := in["reviewers"].([]any)
	for _, reviewer := range reviewers {
		if person, ok := reviewer.(map[string]any); ok {
			one.Reviewers = append(one.Reviewers, text(person, "user", "name"))
		}
	}
	one.version++
	answer(w, http.StatusOK, s.centerPull(one))
}

func (s *Server) outdated(w http.ResponseWriter) {
	centerRefuse(w, "PullRequestOutOfDateException", "You are attempting to modify a pull request based on out-of-date information.", nil)
}

func (s *Server) centerDecline(w http.ResponseWriter, r *http.Request) {
	one := s.find(w, r, hubRepository(r))
	switch {
	case one == nil:
	case number(r, "version", -1) != one.version:
		s.outdated(w)
	default:
		one.State = "closed"
		one.version++
		answer(w, http.StatusOK, s.centerPull(one))
	}
}

// centerActivities tells, beside comments, that the request was opened.
func (s *Server) centerActivities(w http.ResponseWriter, r *http.Request) {
	one := s.find(w, r, hubRepository(r))
	if one == nil {
		return
	}
	all := []any{map[string]any{"id": 1, "action": "OPENED"}}
	for _, c := range one.Comments {
		all = append(all, map[string]any{"id": 1 + c.ID, "action": "COMMENTED", "commentAction": "ADDED", "comment": centerComment(c)})
	}
	from, to, more := s.page(r, "limit", len(all))
	centerPage(w, all[from:to], to, more)
}

func (s *Server) centerEditComment(w http.ResponseWriter, r *http.Request) {
	one, in := s.findComment(w, r), sent(r)
	if one == nil {
		return
	}
	switch version, _ := in["version"].(float64); {
	case one.Author != Me:
		answer(w, http.StatusUnauthorized, map[string]any{"errors": []any{map[string]any{
			"context": nil, "message": "You do not have permission to edit this comment", "exceptionName": "com.atlassian.bitbucket.AuthorisationException",
		}}})
	case int(version) != one.version:
		centerRefuse(w, "CommentOutOfDateException", "You are attempting to modify a comment based on out-of-date information.", nil)
	default:
		one.Text = text(in, "text")
		one.version++
		answer(w, http.StatusOK, centerComment(*one))
	}
}

func centerComment(c Comment) map[string]any {
	return map[string]any{"id": c.ID, "version": c.version, "text": c.Text, "author": map[string]any{"name": fmt.Sprintf("user%d", c.Author)}}
}
