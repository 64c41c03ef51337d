namespace Sous.Plugins.Host.Days;

/// <summary>A figure of a closed day that became another: minor units of a currency, or a number where there is none.</summary>
/// <param name="Name">As in the API: net, payments, refund_count.</param>
internal sealed record DayChange(string Name, long Was, long Is, string? Currency);
