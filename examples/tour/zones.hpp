#pragma once

#include <array>
#include <string>
#include <vector>

namespace tour {

/// A line of iso3166.tab.
struct country {
    std::string code;
    std::string name;
};

/// A line of zone1970.tab: a time zone and the place it is named after.
struct zone {
    std::string name;                    ///< "Europe/Lisbon"
    std::vector<std::string> countries;  ///< codes, the one with the place first
    double latitude{0};                  ///< degrees, north is positive
    double longitude{0};                 ///< degrees, east is positive
    std::string comment;
};

/// The system's tables, from tzdata. Ends the program with a message when they cannot be read.
std::vector<country> read_countries(const std::string& path);
std::vector<zone> read_zones(const std::string& path);

/// The point of the unit sphere at these coordinates: the angle between two such vectors is the
/// distance on the earth.
std::array<float, 3> direction(double latitude, double longitude);

/// Kilometres on the earth's surface.
double kilometres(const zone& a, const zone& b);

}  // namespace tour
