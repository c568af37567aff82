#include "zones.hpp"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <numbers>
#include <sstream>

namespace tour {

namespace {

constexpr double earth_radius_km = 6371.0;

std::vector<std::vector<std::string>> read_fields(const std::string& path) {
    std::ifstream file(path);
    if (!file) {
        std::fprintf(stderr, "cannot read %s: is the package tzdata installed?\n", path.c_str());
        std::exit(1);
    }
    std::vector<std::vector<std::string>> lines;
    for (std::string line; std::getline(file, line);) {
        if (line.empty() || line.front() == '#') {
            continue;
        }
        std::istringstream rest(line);
        auto& fields = lines.emplace_back();
        for (std::string field; std::getline(rest, field, '\t');) {
            fields.push_back(field);
        }
    }
    return lines;
}

/// ISO 6709: ±DDMM or ±DDMMSS, with three digits of degrees for a longitude.
double degrees(const std::string& text, std::size_t degree_digits) {
    const auto part = [&](std::size_t at) { return at + 2 <= text.size() ? std::stod(text.substr(at, 2)) : 0.0; };
    const double whole = std::stod(text.substr(1, degree_digits));
    const double value = whole + part(1 + degree_digits) / 60 + part(3 + degree_digits) / 3600;
    return text.front() == '-' ? -value : value;
}

double radians(double value) { return value * std::numbers::pi / 180; }

}  // namespace

std::vector<country> read_countries(const std::string& path) {
    std::vector<country> all;
    for (const auto& fields : read_fields(path)) {
        all.push_back({fields.at(0), fields.at(1)});
    }
    return all;
}

std::vector<zone> read_zones(const std::string& path) {
    std::vector<zone> all;
    for (const auto& fields : read_fields(path)) {
        zone z;
        std::istringstream codes(fields.at(0));
        for (std::string code; std::getline(codes, code, ',');) {
            z.countries.push_back(code);
        }
        const std::string& place = fields.at(1);
        const auto second = place.find_first_of("+-", 1);
        z.latitude = degrees(place.substr(0, second), 2);
        z.longitude = degrees(place.substr(second), 3);
        z.name = fields.at(2);
        z.comment = fields.size() > 3 ? fields[3] : "";
        all.push_back(std::move(z));
    }
    return all;
}

std::array<float, 3> direction(double latitude, double longitude) {
    const double phi = radians(latitude);
    const double lambda = radians(longitude);
    return {static_cast<float>(std::cos(phi) * std::cos(lambda)), static_cast<float>(std::cos(phi) * std::sin(lambda)),
            static_cast<float>(std::sin(phi))};
}

double kilometres(const zone& a, const zone& b) {
    const double dphi = radians(b.latitude - a.latitude) / 2;
    const double dlambda = radians(b.longitude - a.longitude) / 2;
    const double h = std::pow(std::sin(dphi), 2) +
                     std::cos(radians(a.latitude)) * std::cos(radians(b.latitude)) * std::pow(std::sin(dlambda), 2);
    return 2 * earth_radius_km * std::asin(std::sqrt(h));
}

}  // namespace tour
