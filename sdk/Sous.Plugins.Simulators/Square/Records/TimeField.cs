namespace Sous.Plugins.Simulators.Square.Records;

/// <summary>The time that a listing filters and sorts by.</summary>
internal enum TimeField
{
    Created,
    Updated,
    Closed,
}
