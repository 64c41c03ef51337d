using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Locations.Suggestions;

/// <summary>
/// Looks for the own locations that a connection's locations may stand for: among those that the platform declared, and those that
/// locations of the tenant are mapped to, which are known by what their services tell. It maps nothing: that is somebody's word.
/// </summary>
internal sealed class SuggestionFinder(IRegistry registry, ConnectionStore connections)
{
    private const double Least = 0.3;
    private const int Most = 5;

    // Two locations of one service are two places, most often.
    private const double CreditOfASecond = 0.5;

    /// <summary>For each location that is not mapped, or has changed since somebody looked at it.</summary>
    public async Task<IReadOnlyList<LocationSuggestions>> FindAsync(Connection connection, CancellationToken cancellationToken)
    {
        var faces = await ReadAsync(connection.Tenant, cancellationToken);
        var frequency = faces.GroupBy(static face => face.Place.Known.OwnId, StringComparer.Ordinal)
            .SelectMany(static own => own.SelectMany(static face => face.Place.Name.Words).Distinct(StringComparer.Ordinal))
            .CountBy(static word => word, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
        var found = new List<LocationSuggestions>();
        foreach (var location in await registry.ListAsync(MappedLocation.Collection, MappedLocation.PrefixOf(connection.Id), cancellationToken))
        {
            if (location.OwnId is null || location.Findings is { Count: > 0 })
            {
                cancellationToken.ThrowIfCancellationRequested();
                found.Add(Suggest(location, faces, word => 1.0 / Math.Max(1, frequency.GetValueOrDefault(word))));
            }
        }

        return found;
    }

    private static LocationSuggestions Suggest(MappedLocation location, List<Face> faces, Func<string, double> weightOf)
    {
        var place = new Place(OwnLocation.Of("", location.Location));
        var suggestions = faces.Where(face => face.Source?.IsSame(location) != true)
            .Select(face => Match(location, place, face, weightOf))
            .GroupBy(static suggestion => suggestion.OwnId, StringComparer.Ordinal)
            .Select(static own => own.MaxBy(static suggestion => suggestion.Confidence))
            .OfType<Suggestion>()
            .Where(static suggestion => suggestion.Confidence >= Least)
            .OrderByDescending(static suggestion => suggestion.Confidence)
            .ThenBy(static suggestion => suggestion.OwnId, StringComparer.Ordinal)
            .Take(Most);
        return new LocationSuggestions(location.Location.Ref.Id, location.Location.Name, location.OwnId, [.. suggestions]);
    }

    private static Suggestion Match(MappedLocation location, Place place, Face face, Func<string, double> weightOf)
    {
        var match = PlaceMatch.Of(place, face.Place, weightOf);
        var (ownId, name) = (face.Place.Known.OwnId, face.Place.Known.Name);
        return face.Taken.FirstOrDefault(taken => taken.Connection == location.Connection && !taken.IsSame(location)) is { } other
            ? new Suggestion(ownId, name, Math.Round(match.Confidence * CreditOfASecond, 2), [.. match.Reasons, $"'{other.Location.Name}' of the same connection is mapped to it already."])
            : new Suggestion(ownId, name, match.Confidence, match.Reasons);
    }

    /// <summary>Everything that is known of the tenant's own locations: several descriptions of one where several tell of it.</summary>
    private async Task<List<Face>> ReadAsync(TenantId tenant, CancellationToken cancellationToken)
    {
        var mapped = new List<MappedLocation>();
        foreach (var connection in await connections.ListAsync(tenant, cancellationToken))
        {
            mapped.AddRange((await registry.ListAsync(MappedLocation.Collection, MappedLocation.PrefixOf(connection.Id), cancellationToken)).Where(static one => one.OwnId is not null));
        }

        var taken = mapped.ToLookup(static one => one.OwnId, StringComparer.Ordinal);
        var declared = (await registry.FindAsync(OwnLocations.Collection, tenant.Value, cancellationToken))?.Items ?? [];
        return
        [
            .. declared.Select(own => new Face(new Place(own), null, [.. taken[own.OwnId]])),
            .. mapped.Select(one => new Face(new Place(OwnLocation.Of(one.OwnId ?? "", one.Location)), one, [.. taken[one.OwnId]])),
        ];
    }

    /// <summary>One description of an own location.</summary>
    /// <param name="Source">The service's location that tells it, or null where the platform does.</param>
    /// <param name="Taken">The locations that are mapped to it.</param>
    private sealed record Face(Place Place, MappedLocation? Source, IReadOnlyList<MappedLocation> Taken);
}
