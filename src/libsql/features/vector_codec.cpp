#include "libsql/features/vector_codec.hpp"

#include "libsql/core/enum_words.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>

namespace libsql::vector {

error bad_argument(std::string message) {
    return {error_kind::invalid_argument, "vector: " + std::move(message)};
}

namespace {

error not_a_vector(std::string message) {
    return error({.kind = error_kind::mismatch,
                  .message = "vector: " + std::move(message),
                  .outcome = error_outcome::not_run});
}

// --- numbers to bytes, all little-endian ---

template <class Unsigned>
void put(std::byte* to, Unsigned bits) {
    for (std::size_t i = 0; i < sizeof(Unsigned); ++i) {
        to[i] = static_cast<std::byte>(static_cast<std::uint64_t>(bits) >> (8 * i));
    }
}

template <class Unsigned>
Unsigned take(const std::byte* from) {
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < sizeof(Unsigned); ++i) {
        bits |= static_cast<std::uint64_t>(from[i]) << (8 * i);
    }
    return static_cast<Unsigned>(bits);
}

float take_float(const std::byte* from) {
    return std::bit_cast<float>(take<std::uint32_t>(from));
}

/// libSQL's rounding: to nearest, ties to even, except that a subnormal result is truncated before
/// it is rounded.
std::uint16_t to_half(float number) {
    const auto bits = std::bit_cast<std::uint32_t>(number);
    const std::uint32_t sign = (bits >> 16) & 0x8000U;
    int exponent = static_cast<int>((bits >> 23) & 0xffU) - 127;
    std::uint32_t mantissa = bits & 0x7fffffU;
    if (exponent == 128) {
        exponent = 16;
        mantissa = mantissa != 0 ? 1U << 22 : 0U;  // a NaN must remain a NaN
    } else if (exponent > 15) {
        exponent = 16;
        mantissa = 0;
    } else if (exponent < -25) {
        exponent = -15;
        mantissa = 0;
    } else if (exponent < -14) {
        mantissa = (mantissa | 0x800000U) >> (-exponent - 14);
        exponent = -15;
    }
    if ((mantissa & 0x1fffU) > 0x1000U - ((mantissa >> 13) & 1U)) {
        mantissa += 0x2000U;
    }
    mantissa >>= 13;
    const auto carried = static_cast<std::uint32_t>(exponent + 15) + (mantissa >> 10);
    return static_cast<std::uint16_t>(sign | (carried << 10) | (mantissa & 0x3ffU));
}

float from_half(std::uint16_t half) {
    const std::uint32_t sign = (half & 0x8000U) << 16;
    const std::uint32_t exponent = (half >> 10) & 0x1fU;
    const std::uint32_t mantissa = half & 0x3ffU;
    if (exponent == 0x1f) {
        return std::bit_cast<float>(sign | 0x7f800000U | (mantissa != 0 ? 1U << 22 : 0U));
    }
    if (exponent == 0) {
        const float magnitude = std::ldexp(static_cast<float>(mantissa), -24);
        return sign != 0 ? -magnitude : magnitude;
    }
    return std::bit_cast<float>(sign | ((exponent + 112) << 23) | (mantissa << 13));
}

std::uint16_t to_brain(float number) {
    return static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(number) >> 16);
}

float from_brain(std::uint16_t upper) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(upper) << 16);
}

// --- the formats ---

std::size_t data_size(element type, std::size_t dimensions) {
    switch (type) {
        case element::f32:
            return dimensions * 4;
        case element::f64:
            return dimensions * 8;
        case element::bit:
            return (dimensions + 7) / 8;
        case element::f8:
            return aligned4(dimensions) + 8;
        case element::f16:
        case element::bf16:
            break;
    }
    return dimensions * 2;
}

}  // namespace

std::size_t total_size(element type, std::size_t dimensions) {
    const std::size_t data = data_size(type, dimensions);
    switch (type) {
        case element::f32:
            return data;
        case element::bit:
            return data + (data % 2 == 0 ? 3 : 2);
        case element::f8:
            return data + 3;
        default:
            return data + 1;
    }
}

bool is_known(element type) {
    return type >= element::f32 && type <= element::bf16;
}

namespace {

template <class Number>
void put_bits(std::span<const Number> numbers, blob& out) {
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        if (numbers[i] > 0) {
            out[i / 8] |= static_cast<std::byte>(1U << (i % 8));
        }
    }
    out[out.size() - 2] = static_cast<std::byte>(8 * (out.size() - 1) - numbers.size());
}

/// `exact` is infinite or NaN if all numbers are the same float.
std::byte nearest_step(float exact) {
    if (!(exact > 0)) {
        return std::byte{0};
    }
    return exact > 255 ? std::byte{255} : static_cast<std::byte>(std::lround(exact));
}

template <class Number>
result<void> put_steps(std::span<const Number> numbers, blob& out) {
    float low = 0;
    float high = 0;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        if (!std::isfinite(static_cast<float>(numbers[i]))) {
            return bad_argument("number " + std::to_string(i) +
                                " is not finite as a 32-bit float, so float8 cannot store it");
        }
        // Matches the engine, which compares in the precision of the input and keeps the last of
        // equal values (0 and -0).
        low = i > 0 && static_cast<Number>(low) < numbers[i] ? low : static_cast<float>(numbers[i]);
        high =
            i > 0 && static_cast<Number>(high) > numbers[i] ? high : static_cast<float>(numbers[i]);
    }
    if (!std::isfinite(high - low)) {
        return bad_argument(
            "the numbers spread wider than a 32-bit float, so float8 cannot store them");
    }
    const float alpha = (high - low) / 255;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        out[i] = nearest_step(static_cast<float>((numbers[i] - static_cast<Number>(low)) /
                                                 static_cast<Number>(alpha)));
    }
    const std::size_t parameters = aligned4(numbers.size());
    put(out.data() + parameters, std::bit_cast<std::uint32_t>(alpha));
    put(out.data() + parameters + 4, std::bit_cast<std::uint32_t>(low));
    out[out.size() - 2] = static_cast<std::byte>(parameters - numbers.size());
    return {};
}

template <class Number>
result<blob> encode_numbers(element type, std::span<const Number> numbers) {
    if (!is_known(type)) {
        return bad_argument("unknown element type " + std::to_string(static_cast<int>(type)));
    }
    if (numbers.size() > max_dimensions) {
        return bad_argument("a vector cannot have " + std::to_string(numbers.size()) +
                            " dimensions; at most 65536 are possible");
    }
    blob out(total_size(type, numbers.size()));
    if (type != element::f32) {
        out.back() = static_cast<std::byte>(type);
    }
    if (type == element::bit) {
        put_bits(numbers, out);
        return out;
    }
    if (type == element::f8) {
        if (auto bad = put_steps(numbers, out); !bad) {
            return bad.error();
        }
        return out;
    }
    std::byte* to = out.data();
    for (const Number n : numbers) {
        if (type == element::f64) {
            put(to, std::bit_cast<std::uint64_t>(static_cast<double>(n)));
            to += 8;
        } else if (type == element::f32) {
            put(to, std::bit_cast<std::uint32_t>(static_cast<float>(n)));
            to += 4;
        } else {
            put(to, type == element::f16 ? to_half(static_cast<float>(n))
                                         : to_brain(static_cast<float>(n)));
            to += 2;
        }
    }
    return out;
}

float number_at(element type, const std::byte* data, std::size_t dimensions, std::size_t i) {
    switch (type) {
        case element::f32:
            return take_float(data + 4 * i);
        case element::bit:
            return (static_cast<unsigned>(data[i / 8]) >> (i % 8) & 1U) != 0 ? 1.0F : -1.0F;
        case element::f8: {
            const std::byte* const parameters = data + aligned4(dimensions);
            return take_float(parameters) * static_cast<float>(data[i]) +
                   take_float(parameters + 4);
        }
        case element::f16:
            return from_half(take<std::uint16_t>(data + 2 * i));
        case element::bf16:
            return from_brain(take<std::uint16_t>(data + 2 * i));
        case element::f64:
            break;
    }
    return static_cast<float>(std::bit_cast<double>(take<std::uint64_t>(data + 8 * i)));
}

template <class Number>
result<std::vector<Number>> decode(blob_view stored) {
    const auto what = inspect(stored);
    if (!what) {
        return what.error();
    }
    std::vector<Number> numbers(what->dimensions);
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        if (what->type == element::f64) {
            numbers[i] = static_cast<Number>(
                std::bit_cast<double>(take<std::uint64_t>(stored.data() + 8 * i)));
        } else {
            numbers[i] =
                static_cast<Number>(number_at(what->type, stored.data(), what->dimensions, i));
        }
    }
    return numbers;
}

}  // namespace

std::string_view to_string(element type) noexcept {
    constexpr std::array<std::string_view, 7> words{"unknown", "float32", "float64", "float1bit",
                                                    "float8",  "float16", "floatb16"};
    return libsql::detail::word_of<element::bf16>(words, type, "unknown");
}

result<blob> encode(element type, std::span<const float> numbers) {
    return encode_numbers(type, numbers);
}

result<blob> encode(element type, std::span<const double> numbers) {
    return encode_numbers(type, numbers);
}

result<shape> inspect(blob_view stored) {
    const bool marked = stored.size() % 2 == 1;
    const auto type = marked ? static_cast<element>(stored.back()) : element::f32;
    if (!is_known(type)) {
        return not_a_vector("the blob's last byte is " + std::to_string(static_cast<int>(type)) +
                            ", which is not an element type");
    }
    const std::size_t size = stored.size() - (marked ? 1 : 0);  // without the type byte
    std::size_t dimensions = 0;
    if (type == element::bit || type == element::f8) {
        const std::size_t unused = size == 0 ? 0 : static_cast<std::size_t>(stored[size - 1]);
        const std::size_t all = type == element::bit ? size * 8 : size;
        const std::size_t fixed =
            type == element::bit ? 0 : 10;  // two floats, a padding byte and the count
        dimensions = all >= fixed + unused ? all - fixed - unused : max_dimensions + 1;
    } else {
        dimensions = size / (data_size(type, 1));
    }
    if (dimensions > max_dimensions ||
        total_size(type, dimensions) - (type == element::f32 ? 0 : 1) != size) {
        return not_a_vector("a blob of " + std::to_string(stored.size()) + " bytes is not a " +
                            std::string(to_string(type)) + " vector");
    }
    return shape{type, dimensions};
}

result<std::vector<float>> to_floats(blob_view stored) {
    return decode<float>(stored);
}

result<std::vector<double>> to_doubles(blob_view stored) {
    return decode<double>(stored);
}

result<blob> convert(blob_view stored, element type) {
    const auto what = inspect(stored);
    if (!what) {
        return what.error();
    }
    if (what->type == type && type != element::f32) {
        return blob(stored.begin(), stored.end());
    }
    if (what->type == element::f64) {
        return to_doubles(stored).and_then(
            [&](const std::vector<double>& all) { return encode(type, std::span(all)); });
    }
    return to_floats(stored).and_then(
        [&](const std::vector<float>& all) { return encode(type, std::span(all)); });
}

}  // namespace libsql::vector
