#include <ecto/datetime.hpp>

#include <cstddef>
#include <string>

namespace ecto {

namespace {

constexpr std::int64_t seconds_of_day = 86400;
constexpr std::int64_t first_second = -62167219200;  // of the year 0
constexpr std::int64_t last_second = 253402300799;   // of the year 9999

bool in_years(std::int64_t seconds) noexcept {
    return seconds >= first_second && seconds <= last_second;
}

/// Takes exactly `digits` digits off the text.
bool take_number(std::string_view& text, std::size_t digits, int& to) noexcept {
    if (text.size() < digits) {
        return false;
    }
    to = 0;
    for (const char c : text.substr(0, digits)) {
        if (c < '0' || c > '9') {
            return false;
        }
        to = to * 10 + (c - '0');
    }
    text.remove_prefix(digits);
    return true;
}

bool take_one(std::string_view& text, std::string_view any_of) noexcept {
    const bool found = !text.empty() && any_of.find(text[0]) != std::string_view::npos;
    text.remove_prefix(found ? 1 : 0);
    return found;
}

bool take_date(std::string_view& text, date& to) noexcept {
    int year = 0;
    int month = 0;
    int day = 0;
    if (!take_number(text, 4, year) || !take_one(text, "-") || !take_number(text, 2, month) ||
        !take_one(text, "-") || !take_number(text, 2, day)) {
        return false;
    }
    to = date(std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
              std::chrono::day(static_cast<unsigned>(day)));
    return to.ok();
}

/// "12:30:00", and digits behind a point, of which six count.
bool take_time(std::string_view& text, detail::time_count& to) noexcept {
    int hour = 0;
    int minute = 0;
    int second = 0;
    if (!take_number(text, 2, hour) || !take_one(text, ":") || !take_number(text, 2, minute) ||
        !take_one(text, ":") || !take_number(text, 2, second) || hour > 23 || minute > 59 ||
        second > 59) {
        return false;
    }
    to = {hour * 3600 + minute * 60 + second, 0};
    if (!take_one(text, ".,")) {
        return true;
    }
    std::int64_t unit = 100000;
    int digit = 0;
    if (!take_number(text, 1, digit)) {
        return false;
    }
    do {
        to.microseconds += digit * unit;
        unit /= 10;
    } while (take_number(text, 1, digit));
    return true;
}

/// "Z", "+01:30", "-0130", "+01", or nothing. The rest of the text must be that.
bool read_offset(std::string_view text, std::int64_t& seconds) noexcept {
    seconds = 0;
    if (text.empty() || text == "Z") {
        return true;
    }
    const bool minus = text[0] == '-';
    int hours = 0;
    int minutes = 0;
    if (!take_one(text, "+-") || !take_number(text, 2, hours)) {
        return false;
    }
    if (!text.empty()) {
        take_one(text, ":");
        if (!take_number(text, 2, minutes)) {
            return false;
        }
    }
    seconds = hours * 3600 + minutes * 60;
    seconds = minus ? -seconds : seconds;
    return text.empty() && hours < 24 && minutes < 60;
}

std::int64_t midnight_of(const date& day) noexcept {
    return std::chrono::sys_days(day).time_since_epoch().count() * seconds_of_day;
}

bool read_datetime(std::string_view text, detail::time_form form, detail::time_count& to) {
    date day{};
    if (!take_date(text, day)) {
        return false;
    }
    to = {};
    std::int64_t offset = 0;
    if (!text.empty() &&
        (!take_one(text, "T ") || !take_time(text, to) || !read_offset(text, offset))) {
        return false;
    }
    to.seconds += midnight_of(day) - (form.utc ? offset : 0);
    return in_years(to.seconds);
}

bool read_time(std::string_view text, detail::time_count& to) {
    return take_time(text, to) && text.empty();
}

/// Appends `digits` digits.
void add_number(std::string& to, std::int64_t number, std::size_t digits) {
    const auto text = std::to_string(number);
    to.append(digits - text.size(), '0').append(text);
}

std::string date_text(const date& day) {
    std::string text;
    add_number(text, int{day.year()}, 4);
    text += '-';
    add_number(text, unsigned{day.month()}, 2);
    text += '-';
    add_number(text, unsigned{day.day()}, 2);
    return text;
}

void add_time(std::string& to, detail::time_count time, bool microseconds) {
    add_number(to, time.seconds / 3600, 2);
    to += ':';
    add_number(to, time.seconds / 60 % 60, 2);
    to += ':';
    add_number(to, time.seconds % 60, 2);
    if (microseconds) {
        to += '.';
        add_number(to, time.microseconds, 6);
    }
}

std::string_view text_in(const detail::cell& from) noexcept {
    return from.type == detail::cell_type::text ? detail::bytes_of(from) : std::string_view();
}

std::string_view text_in(const param& from) noexcept {
    const auto* text = from.get_if<std::string>();
    return text != nullptr ? std::string_view(*text) : std::string_view();
}

}  // namespace

utc_datetime_usec utc_now() {
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

namespace detail {

bool load_datetime(const cell& from, time_form form, time_count& to) {
    if (from.type == cell_type::integer) {
        to = {in_years(from.integer) ? from.integer : 0, 0};
        return in_years(from.integer);
    }
    return read_datetime(text_in(from), form, to);
}

bool dump_datetime(time_count from, time_form form, cell& to, arena& room) {
    if (!in_years(from.seconds)) {
        return false;
    }
    const auto day = std::chrono::floor<std::chrono::days>(std::chrono::seconds(from.seconds));
    auto text = date_text(date(std::chrono::sys_days(day)));
    text += 'T';
    const auto midnight = std::chrono::seconds(day).count();
    add_time(text, {from.seconds - midnight, from.microseconds}, form.microseconds);
    if (form.utc) {
        text += 'Z';
    }
    return copy_text(to, text, room);
}

bool cast_datetime(const param& from, time_form form, time_count& to) {
    return read_datetime(text_in(from), form, to);
}

bool load_time(const cell& from, time_count& to) {
    return read_time(text_in(from), to);
}

bool dump_time(time_count from, bool microseconds, cell& to, arena& room) {
    if (from.seconds < 0 || from.seconds >= seconds_of_day) {
        return false;
    }
    std::string text;
    add_time(text, from, microseconds);
    return copy_text(to, text, room);
}

bool cast_time(const param& from, time_count& to) {
    return read_time(text_in(from), to);
}

}  // namespace detail

bool type<date>::load(const detail::cell& from, date& to) {
    auto text = text_in(from);
    return take_date(text, to) && (text.empty() || text[0] == 'T' || text[0] == ' ');
}

bool type<date>::dump(const date& from, detail::cell& to, detail::arena& room) {
    return from.ok() && int{from.year()} >= 0 && int{from.year()} <= 9999 &&
           detail::copy_text(to, date_text(from), room);
}

bool type<date>::cast(const param& from, date& to) {
    auto text = text_in(from);
    return take_date(text, to) && text.empty();
}

}  // namespace ecto
