#pragma once

#include <ecto/type.hpp>
#include <libsql/export.hpp>

#include <chrono>
#include <compare>
#include <concepts>
#include <cstdint>
#include <string_view>

namespace ecto {

// Ecto's names for the types of the standard library. Years are those from 0 to 9999: others cannot
// be stored.
using date = std::chrono::year_month_day;           ///< stored as "2026-01-31"
using utc_datetime = std::chrono::sys_seconds;      ///< "2026-01-31T12:00:00Z"
using naive_datetime = std::chrono::local_seconds;  ///< "2026-01-31T12:00:00"
/// "2026-01-31T12:00:00.000000Z"
using utc_datetime_usec = std::chrono::sys_time<std::chrono::microseconds>;
/// "2026-01-31T12:00:00.000000"
using naive_datetime_usec = std::chrono::local_time<std::chrono::microseconds>;

/// A time of day. A plain value.
template <class Duration>
struct time_of_day {
    Duration since_midnight{};  ///< below 24 hours

    friend auto operator<=>(const time_of_day&, const time_of_day&) = default;
};

using time = time_of_day<std::chrono::seconds>;            ///< stored as "12:00:00"
using time_usec = time_of_day<std::chrono::microseconds>;  ///< stored as "12:00:00.000000"

/// The present time.
LIBSQL_API utc_datetime_usec utc_now();

namespace detail {

template <class D>
concept stored_precision =
    std::same_as<D, std::chrono::seconds> || std::same_as<D, std::chrono::microseconds>;

/// What stands before and behind the seconds of a stored time.
struct time_form {
    bool utc;           ///< "Z" at the end; an offset that is read is applied
    bool microseconds;  ///< six digits behind the seconds
};

/// Seconds since 1970, and microseconds in that second.
struct time_count {
    std::int64_t seconds;
    std::int64_t microseconds;
};

LIBSQL_API bool load_datetime(const cell& from, time_form form, time_count& to);
LIBSQL_API bool dump_datetime(time_count from, time_form form, cell& to, arena& room);
LIBSQL_API bool cast_datetime(const param& from, time_form form, time_count& to);
LIBSQL_API bool load_time(const cell& from, time_count& to);
LIBSQL_API bool dump_time(time_count from, bool microseconds, cell& to, arena& room);
LIBSQL_API bool cast_time(const param& from, time_count& to);

template <class D>
time_count count_of(D since) noexcept {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
    return {seconds.count(), std::chrono::microseconds(since - seconds).count()};
}

/// As a `D`; what is finer than that is cut off.
template <class D>
D duration_of(time_count count) noexcept {
    return std::chrono::floor<D>(std::chrono::microseconds(count.microseconds)) +
           std::chrono::seconds(count.seconds);
}

/// The trait of both kinds of datetimes.
template <class Time, bool Utc>
struct datetime_type {
    using duration = typename Time::duration;
    static constexpr time_form form{Utc, std::same_as<duration, std::chrono::microseconds>};
    static constexpr std::string_view sql = "DATETIME";
    static constexpr std::string_view word = "a date with a time";

    static bool load(const cell& from, Time& to) {
        time_count count{};
        const bool is_time = load_datetime(from, form, count);
        to = Time(duration_of<duration>(count));
        return is_time;
    }

    static bool dump(const Time& from, cell& to, arena& room) {
        return dump_datetime(count_of(from.time_since_epoch()), form, to, room);
    }

    static bool cast(const param& from, Time& to) {
        time_count count{};
        const bool is_time = cast_datetime(from, form, count);
        to = Time(duration_of<duration>(count));
        return is_time;
    }
};

}  // namespace detail

/// A point in time, in UTC. Texts without an offset are read as UTC, integers as seconds since
/// 1970.
template <detail::stored_precision D>
struct type<std::chrono::sys_time<D>> : detail::datetime_type<std::chrono::sys_time<D>, true> {};

/// A date with a time, of no time zone. An offset that is read is left out.
template <detail::stored_precision D>
struct type<std::chrono::local_time<D>> : detail::datetime_type<std::chrono::local_time<D>, false> {
};

/// A date. A time that stands behind a stored date is left out.
template <>
struct LIBSQL_API type<date> {
    static constexpr std::string_view sql = "DATE";     ///< the type of a column
    static constexpr std::string_view word = "a date";  ///< for messages

    /// Reads a stored text.
    static bool load(const detail::cell& from, date& to);
    /// The text; false for a date that is not on the calendar.
    static bool dump(const date& from, detail::cell& to, detail::arena& room);
    /// Reads a text from outside.
    static bool cast(const param& from, date& to);
};

/// A time of day.
template <detail::stored_precision D>
struct type<time_of_day<D>> {
    static constexpr std::string_view sql = "TIME";            ///< the type of a column
    static constexpr std::string_view word = "a time of day";  ///< for messages

    /// Reads a stored text.
    static bool load(const detail::cell& from, time_of_day<D>& to) {
        detail::time_count count{};
        const bool is_time = detail::load_time(from, count);
        to.since_midnight = detail::duration_of<D>(count);
        return is_time;
    }

    /// The text; false for a day or more, and below 0.
    static bool dump(const time_of_day<D>& from, detail::cell& to, detail::arena& room) {
        return detail::dump_time(detail::count_of(from.since_midnight),
                                 std::same_as<D, std::chrono::microseconds>, to, room);
    }

    /// Reads a text from outside.
    static bool cast(const param& from, time_of_day<D>& to) {
        detail::time_count count{};
        const bool is_time = detail::cast_time(from, count);
        to.since_midnight = detail::duration_of<D>(count);
        return is_time;
    }
};

}  // namespace ecto
