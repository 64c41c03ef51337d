namespace Sous.Plugins.Simulators.Square;

/// <summary>What one location holds, whatever its state.</summary>
/// <param name="Id">The location's id.</param>
/// <param name="Name">Its name.</param>
/// <param name="TimeZone">Its IANA time zone.</param>
/// <param name="Currency">Its ISO 4217 currency.</param>
/// <param name="Active">Whether Square lists it as ACTIVE.</param>
/// <param name="Payments">Payments of every status.</param>
/// <param name="Refunds">Refunds of every status.</param>
/// <param name="OrderIds">The ids of all orders of every state, returns included, without order.</param>
public sealed record SquareLocationTruth(
    string Id, string Name, string TimeZone, string Currency, bool Active, int Payments, int Refunds, IReadOnlyList<string> OrderIds)
{
    /// <summary>The number of orders.</summary>
    public int Orders => OrderIds.Count;
}
