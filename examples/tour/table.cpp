#include "table.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>

namespace tour {

namespace {

/// Columns on the screen: UTF-8 continuation bytes take none. (No wide characters in this table's data.)
std::size_t width(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

bool is_number(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789.,-+ km%") == std::string_view::npos;
}

void print_line(const std::vector<std::size_t>& widths, const char* left, const char* middle, const char* right) {
    std::string line = left;
    for (std::size_t i = 0; i < widths.size(); ++i) {
        for (std::size_t n = 0; n < widths[i] + 2; ++n) {
            line += "─";
        }
        line += i + 1 < widths.size() ? middle : right;
    }
    std::printf("  %s\n", line.c_str());
}

void print_row(const std::vector<std::size_t>& widths, const std::vector<std::string>& cells) {
    std::string line = "│";
    for (std::size_t i = 0; i < widths.size(); ++i) {
        const std::string padding(widths[i] - width(cells[i]), ' ');
        line += is_number(cells[i]) ? " " + padding + cells[i] + " │" : " " + cells[i] + padding + " │";
    }
    std::printf("  %s\n", line.c_str());
}

}  // namespace

void table::print() const {
    std::vector<std::size_t> widths;
    for (std::size_t i = 0; i < headings_.size(); ++i) {
        std::size_t widest = width(headings_[i]);
        for (const auto& row : rows_) {
            widest = std::max(widest, width(row[i]));
        }
        widths.push_back(widest);
    }
    print_line(widths, "┌", "┬", "┐");
    print_row(widths, headings_);
    print_line(widths, "├", "┼", "┤");
    for (const auto& row : rows_) {
        print_row(widths, row);
    }
    print_line(widths, "└", "┴", "┘");
}

void chapter(std::string_view title) {
    static int count = 0;
    std::printf("\n%d. %.*s\n", ++count, static_cast<int>(title.size()), title.data());
}

void say(const std::string& line) { std::printf("  %s\n", line.c_str()); }

void progress(std::string_view what, std::size_t done, std::size_t all) {
    const bool terminal = isatty(STDOUT_FILENO) == 1;
    if (!terminal && done < all) {
        return;
    }
    constexpr std::size_t bar = 30;
    const std::size_t filled = all == 0 ? bar : done * bar / all;
    std::string text;
    for (std::size_t i = 0; i < bar; ++i) {
        text += i < filled ? "█" : "░";
    }
    std::printf("%s  %-10.*s %s %zu/%zu%s", terminal ? "\r" : "", static_cast<int>(what.size()), what.data(), text.c_str(), done,
                all, done == all ? "\n" : "");
    std::fflush(stdout);
}

std::string number(double value, int digits) {
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%.*f", digits, value);
    return text.data();
}

}  // namespace tour
