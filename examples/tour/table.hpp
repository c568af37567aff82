#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tour {

/// A table for a terminal. Cells that look like numbers stand on the right.
class table {
public:
    explicit table(std::vector<std::string> headings) : headings_(std::move(headings)) {}

    void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }

    void print() const;

private:
    std::vector<std::string> headings_;
    std::vector<std::vector<std::string>> rows_;
};

/// A chapter's heading with a number of its own.
void chapter(std::string_view title);

/// One line of explanation.
void say(const std::string& line);

/// A bar that grows on one line; on something that is no terminal only its end is printed.
void progress(std::string_view what, std::size_t done, std::size_t all);

/// Text of a distance or a time with so many digits behind the point.
std::string number(double value, int digits);

}  // namespace tour
