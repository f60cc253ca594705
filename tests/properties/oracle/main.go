// Answers questions about versions, durations and go.mod files with the go command's own code: one JSON
// object a line in, one a line out.
package main

import (
	"bufio"
	"encoding/json"
	"os"
	"time"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

type question struct {
	Kind  string
	Texts []string
}

type interval struct {
	Low, High, Rationale string
}

type answer struct {
	Ok          []bool
	Error       string
	Order       int
	Pseudo      bool
	Nanoseconds int64
	Module      string
	Go          string
	Retractions []interval
}

func canonical(v string) bool { return semver.IsValid(v) && module.CanonicalVersion(v) == v }

func failed(err error) answer { return answer{Ok: []bool{false}, Error: err.Error()} }

func reply(q question) answer {
	switch q.Kind {
	case "versions":
		a, b := q.Texts[0], q.Texts[1]
		return answer{
			Ok:     []bool{canonical(a), canonical(b)},
			Order:  semver.Compare(a, b),
			Pseudo: module.IsPseudoVersion(a),
		}
	case "major":
		_, major, ok := module.SplitPathVersion(q.Texts[0])
		if !ok {
			return answer{Ok: []bool{false}, Error: "path"}
		}
		if err := module.CheckPathMajor(q.Texts[1], major); err != nil {
			return failed(err)
		}
		return answer{Ok: []bool{true}, Module: major}
	case "duration":
		d, err := time.ParseDuration(q.Texts[0])
		if err != nil {
			return failed(err)
		}
		return answer{Ok: []bool{true}, Nanoseconds: int64(d)}
	case "go.mod":
		file, err := modfile.ParseLax("go.mod", []byte(q.Texts[0]), nil)
		if err != nil {
			return failed(err)
		}
		found := answer{Ok: []bool{true}}
		if file.Module != nil {
			found.Module = file.Module.Mod.Path
		}
		if file.Go != nil {
			found.Go = file.Go.Version
		}
		for _, r := range file.Retract {
			found.Retractions = append(found.Retractions, interval{r.Low, r.High, r.Rationale})
		}
		return found
	}
	return answer{Error: "no such question"}
}

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	decoder, encoder := json.NewDecoder(in), json.NewEncoder(out)
	for {
		var q question
		if decoder.Decode(&q) != nil {
			return
		}
		if encoder.Encode(reply(q)) != nil || out.Flush() != nil {
			return
		}
	}
}
