package live

import (
	"encoding/json"
	"reflect"
	"strconv"
	"unicode/utf8"
)

// column is one field of a table's rows.
type column struct {
	name  string
	field int
}

// columnsOf lists the fields of a row that are told.
func columnsOf(row Row) []column {
	var out []column
	t := reflect.TypeOf(row).Elem()
	for i := range t.NumField() {
		if name := t.Field(i).Tag.Get("json"); name != "" {
			out = append(out, column{name, i})
		}
	}
	return out
}

// appendTable writes a table as columns: {"rows":2,"columns":{"id":[…],…}}.
func appendTable(to []byte, of Row, rows []Row) []byte {
	to = append(to, `{"rows":`...)
	to = strconv.AppendInt(to, int64(len(rows)), 10)
	to = append(to, `,"columns":{`...)
	structs := make([]reflect.Value, len(rows))
	for i, row := range rows {
		structs[i] = reflect.ValueOf(row).Elem()
	}
	for i, c := range columnsOf(of) {
		if i > 0 {
			to = append(to, ',')
		}
		to = append(appendString(to, c.name), ':')
		to = appendColumn(to, c, structs)
	}
	return append(to, "}}"...)
}

func appendColumn(to []byte, c column, rows []reflect.Value) []byte {
	if len(rows) > 0 && rows[0].Field(c.field).Kind() == reflect.String {
		if words, of := dictionary(c, rows); words != nil {
			return appendDictionary(to, words, of)
		}
	}
	to = append(to, '[')
	for i, row := range rows {
		if i > 0 {
			to = append(to, ',')
		}
		to = appendValue(to, row.Field(c.field))
	}
	return append(to, ']')
}

// dictionary is a column of strings as words and which of them each row has; nil if they repeat too little for that.
func dictionary(c column, rows []reflect.Value) (words []string, of []int) {
	index := map[string]int{"": -1}
	of = make([]int, len(rows))
	for i, row := range rows {
		word := row.Field(c.field).String()
		at, known := index[word]
		if !known {
			if at = len(words); 2*at >= len(rows) {
				return nil, nil
			}
			index[word] = at
			words = append(words, word)
		}
		of[i] = at
	}
	if words == nil {
		words = []string{}
	}
	return words, of
}

func appendDictionary(to []byte, words []string, of []int) []byte {
	to = append(to, `{"words":[`...)
	for i, word := range words {
		if i > 0 {
			to = append(to, ',')
		}
		to = appendString(to, word)
	}
	to = append(to, `],"of":[`...)
	for i, at := range of {
		if i > 0 {
			to = append(to, ',')
		}
		to = strconv.AppendInt(to, int64(at), 10)
	}
	return append(to, "]}"...)
}

func appendValue(to []byte, v reflect.Value) []byte {
	switch v.Kind() {
	case reflect.String:
		return appendString(to, v.String())
	case reflect.Int, reflect.Int64:
		return strconv.AppendInt(to, v.Int(), 10)
	case reflect.Bool:
		return strconv.AppendBool(to, v.Bool())
	case reflect.Slice:
		to = append(to, '[')
		for i := range v.Len() {
			if i > 0 {
				to = append(to, ',')
			}
			to = appendValue(to, v.Index(i))
		}
		return append(to, ']')
	}
	text, err := json.Marshal(v.Interface())
	if err != nil { // rows are plain data
		panic(err)
	}
	return append(to, text...)
}

// appendString writes JSON; most texts need no escapes.
func appendString(to []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' || c >= utf8.RuneSelf {
			text, _ := json.Marshal(s) // a string never fails
			return append(to, text...)
		}
	}
	return append(append(append(to, '"'), s...), '"')
}
