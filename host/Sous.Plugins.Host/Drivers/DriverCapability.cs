namespace Sous.Plugins.Host.Drivers;

/// <summary>An ability of a driver that is found by interface.</summary>
internal enum DriverCapability
{
    Pos,
    Storage,
    Locations,
    DayTotals,
    PushChannels,
    TokenMessages,
    Webhooks,
}
