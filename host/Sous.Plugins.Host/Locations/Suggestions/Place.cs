namespace Sous.Plugins.Host.Locations.Suggestions;

/// <summary>What is known of a place, made ready to be compared with many others.</summary>
internal sealed class Place(OwnLocation known)
{
    public OwnLocation Known { get; } = known;

    public PlaceWords Name { get; } = PlaceWords.Of(known.Name);

    public PlaceWords Address { get; } = PlaceWords.Of(known.Address);

    /// <summary>Digits only, without the noughts in front.</summary>
    public string Phone { get; } = string.Concat((known.Phone ?? "").Where(char.IsAsciiDigit)).TrimStart('0');
}
