#pragma once

#include <ecto/detail/words.hpp>
#include <ecto/result.hpp>
#include <ecto/schema.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ecto::detail {

/// What is done with the rows of a query.
enum class verb : std::uint8_t { read, count, exists, update, remove };

/// The SQL of all queries of one shape.
struct written_query {
    std::string sql{};
    std::vector<std::uint32_t> values{};  ///< for each parameter, which value of the words it is
    std::vector<std::string> columns{};   ///< for messages: "users.age"
};

/// Makes SQL of the words of a query. It goes through them once and keeps the operands on a stack.
class sql_writer {
public:
    sql_writer(const words& from, verb what) noexcept : words_(from), verb_(what) {}

    result<written_query> write();

private:
    /// A part of the SQL, with the values of its parameters.
    struct piece {
        std::string sql{};
        std::vector<std::uint32_t> values{};
        std::vector<std::string> columns{};  ///< what a message calls the columns
        bool maybe_null{false};              ///< NULL because the table is left joined

        piece& operator+=(std::string_view text) {
            sql += text;
            return *this;
        }

        piece& operator+=(const piece& other);

        [[nodiscard]] bool empty() const noexcept { return sql.empty(); }
    };

    /// A table variable of the query.
    struct source {
        const word* from;
        std::string name;  ///< in the SQL: u0
    };

    struct clauses {
        piece from;
        piece joins;
        piece where;
        piece group;
        piece having;
        piece order;
        piece limit;
        piece offset;
        piece set;
        std::vector<piece> items;
        bool distinct{false};
        bool joined{false};
    };

    void fail(std::string why);
    void find_sources();
    [[nodiscard]] const source* find(const word& w) const noexcept;
    piece pop();
    piece pop_list(std::size_t count);

    void push(piece made) { stack_.push_back(std::move(made)); }

    void operand(const word& w);
    bool operation(const word& w);
    void clause(const word& w);
    void column(const word& w);
    void star(const word& w);
    void binary(std::string_view sign);
    void wrap(std::string_view before, std::string_view after);
    void fragment(const word& w);
    void call(const word& w);
    void in_list(const word& w);
    void between();
    void table(const word& w);
    void assign(const word& w);
    void condition(piece& to, std::string_view sign);
    void list(piece& to, std::uint32_t count);
    [[nodiscard]] static piece columns_of(const schema_info& info, const std::string& table);

    piece select();
    piece selected_items();
    piece change();
    void add_tail(piece& to) const;

    const words& words_;
    verb verb_;
    std::vector<source> sources_{};
    std::vector<piece> stack_{};
    clauses clauses_{};
    std::uint32_t next_value_{0};
    std::string failure_{};
};

}  // namespace ecto::detail
