namespace Sous.Plugins.Simulators.Toast;

/// <summary>What one restaurant holds.</summary>
/// <param name="Id">Its GUID.</param>
/// <param name="Name">Its name and the location's.</param>
/// <param name="Owner">The GUID of the group that it belongs to: another owner has another.</param>
/// <param name="TimeZone">Its IANA time zone.</param>
/// <param name="Currency">Its ISO 4217 currency.</param>
/// <param name="Archived">Whether Toast counts it as archived.</param>
/// <param name="Connected">Whether it has let the client in.</param>
/// <param name="OrderIds">The GUIDs of all orders that count, deleted and voided ones too, without order.</param>
/// <param name="LeftOutIds">The GUIDs of orders in test mode or for excess food.</param>
public sealed record ToastRestaurantTruth(
    string Id, string Name, string Owner, string TimeZone, string Currency, bool Archived, bool Connected, IReadOnlyList<string> OrderIds, IReadOnlyList<string> LeftOutIds);
