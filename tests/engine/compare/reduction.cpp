#include "reduction.hpp"

#include <cctype>

namespace libsql::compare {

namespace {

constexpr int trials = 2500;

using words = std::vector<std::string>;

bool is_word(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.' ||
           (c & 0x80) != 0;
}

words split(const std::string& sql) {
    words result;
    for (std::size_t i = 0; i < sql.size();) {
        std::size_t end = i + 1;
        if (sql[i] == '\'') {
            while (end < sql.size() &&
                   (sql[end] != '\'' || (end + 1 < sql.size() && sql[end + 1] == '\''))) {
                end += sql[end] == '\'' ? 2U : 1U;
            }
            ++end;
        } else if (is_word(sql[i])) {
            while (end < sql.size() && is_word(sql[end])) {
                ++end;
            }
        } else if (sql[i] == ' ') {
            ++i;
            continue;
        } else if (end < sql.size() && std::string("|<>=-").find(sql[end]) != std::string::npos &&
                   std::string("|<>-").find(sql[i]) != std::string::npos) {
            ++end;
        }
        result.push_back(sql.substr(i, end - i));
        i = end;
    }
    return result;
}

std::string join(const words& all) {
    std::string sql;
    for (const std::string& word : all) {
        sql +=
            (sql.empty() || word == "(" || word == ")" || word == "," || sql.back() == '(' ? ""
                                                                                           : " ") +
            word;
        if (word == "(" && sql.size() > 1) {
            continue;
        }
    }
    return sql;
}

std::size_t count(const words& all, const char* word) {
    std::size_t result = 0;
    for (const std::string& one : all) {
        result += one == word ? 1U : 0U;
    }
    return result;
}

// Without its order, what a LIMIT or a window gives depends on the plan.
bool still_determined(const words& before, const words& after) {
    const bool needs_order = count(after, "LIMIT") + count(after, "OVER") +
                                 count(after, "group_concat") + count(after, "json_group_array") >
                             0;
    return (!needs_order || count(before, "ORDER") == count(after, "ORDER")) &&
           count(after, "GROUP") == count(before, "GROUP");
}

// The same for what is the same error about another name.
std::string start(const std::string& answer) {
    return answer.starts_with("error") ? answer.substr(0, 22) : "";
}

class reducer {
public:
    reducer(script statements, const difference& found,
            const std::function<difference(const script&)>& differ)
        : script_(std::move(statements)), found_(found), differ_(differ) {
        script_.resize(found.statement + 1);
    }

    script run() {
        drop_statements();
        split_pair();
        for (std::size_t before = 0; before != size() && left_ > 0;) {
            before = size();
            for (std::size_t i = script_.size(); i-- > 0;) {
                shorten(i);
            }
            drop_statements();
        }
        return script_;
    }

private:
    std::size_t size() const {
        std::size_t result = 0;
        for (const statement& one : script_) {
            result += one.sql.size();
        }
        return result;
    }

    bool take(const script& smaller) {
        if (--left_ < 0) {
            return false;
        }
        const difference now = differ_(smaller);
        if (now.what != found_.what || now.statement + 1 != smaller.size() ||
            start(now.left) != start(found_.left) || start(now.right) != start(found_.right)) {
            return false;
        }
        script_ = smaller;
        return true;
    }

    // Between two engines, one of two equivalent queries is enough.
    void split_pair() {
        const statement last = script_.back();
        for (const std::string& sql : {last.sql, last.equivalent}) {
            script alone = script_;
            alone.back() = {sql, last.order};
            if (!last.equivalent.empty() && take(alone)) {
                return;
            }
        }
    }

    void drop_statements() {
        for (std::size_t step = script_.size() / 2; step > 0; step /= 2) {
            for (std::size_t i = 0; i + step < script_.size();) {
                script smaller = script_;
                smaller.erase(smaller.begin() + static_cast<std::ptrdiff_t>(i),
                              smaller.begin() + static_cast<std::ptrdiff_t>(i + step));
                i += take(smaller) ? 0U : 1U;
            }
        }
    }

    bool take_words(std::size_t which, const words& before, const words& after) {
        if (!still_determined(before, after)) {
            return false;
        }
        script smaller = script_;
        smaller[which].sql = join(after);
        return take(smaller);
    }

    void shorten(std::size_t which) {
        if (!script_[which].equivalent.empty()) {
            return;
        }
        unwrap(which);
        for (std::size_t step = 32; step > 0; step /= 2) {
            words all = split(script_[which].sql);
            for (std::size_t i = 1; i + step <= all.size() && left_ > 0;) {
                words fewer = all;
                const auto from = fewer.begin() + static_cast<std::ptrdiff_t>(i);
                fewer.erase(from, from + static_cast<std::ptrdiff_t>(step));
                if (take_words(which, all, fewer)) {
                    all = fewer;
                } else {
                    ++i;
                }
            }
        }
    }

    // A pair of parentheses becomes nothing, NULL, 1, or what is in them.
    void unwrap(std::size_t which) {
        words all = split(script_[which].sql);
        for (std::size_t i = 0; i < all.size() && left_ > 0; ++i) {
            if (all[i] != "(") {
                continue;
            }
            std::size_t end = i;
            for (int open = 0; end < all.size(); ++end) {
                open += all[end] == "(" ? 1 : all[end] == ")" ? -1 : 0;
                if (open == 0) {
                    break;
                }
            }
            if (end == all.size()) {
                return;
            }
            const words before(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(i));
            const words within(all.begin() + static_cast<std::ptrdiff_t>(i + 1),
                               all.begin() + static_cast<std::ptrdiff_t>(end));
            const words after(all.begin() + static_cast<std::ptrdiff_t>(end + 1), all.end());
            for (const words& instead : {words{}, words{"1"}, words{"NULL"}, within}) {
                for (const std::size_t kept :
                     {before.size() - (before.empty() ? 0 : 1), before.size()}) {
                    words fewer(before.begin(), before.begin() + static_cast<std::ptrdiff_t>(kept));
                    fewer.insert(fewer.end(), instead.begin(), instead.end());
                    fewer.insert(fewer.end(), after.begin(), after.end());
                    if (fewer.size() < all.size() && take_words(which, all, fewer)) {
                        all = fewer;
                        i = i < 2 ? 0 : i - 2;
                        break;
                    }
                }
            }
        }
    }

    script script_;
    difference found_;
    const std::function<difference(const script&)>& differ_;
    int left_ = trials;
};

}  // namespace

script reduce(const script& statements, const difference& found,
              const std::function<difference(const script&)>& differ) {
    return reducer(statements, found, differ).run();
}

}  // namespace libsql::compare
