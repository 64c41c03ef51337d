using Sous.Plugins.Host.Deliveries.Outbox;

namespace Sous.Plugins.Host.Dashboard.Deliveries;

/// <summary>How a delivery stands, in words that need no explanation.</summary>
internal static class DeliveryWords
{
    public static (string Text, Tone Tone) Of(DeliveryState state) => state switch
    {
        DeliveryState.Pending => ("Waiting", Tone.Plain),
        DeliveryState.Delivered => ("Delivered", Tone.Good),
        DeliveryState.Dead => ("Given up", Tone.Bad),
        _ => ("Canceled", Tone.Plain),
    };

    /// <summary>What is under the heading of such deliveries where there is none.</summary>
    public static string None(DeliveryState state) => state switch
    {
        DeliveryState.Pending => "Nothing waits.",
        DeliveryState.Delivered => "Nothing was delivered in the last days.",
        DeliveryState.Dead => "Nothing was given up.",
        _ => "Nothing was canceled.",
    };
}
