namespace Sous.Plugins.Sdk.Pos;

/// <summary>Money given back.</summary>
public sealed record Refund
{
    /// <summary>Which refund at which service.</summary>
    public required ExternalRef Ref { get; init; }

    /// <summary>The payment that it gives back, or null.</summary>
    public string? PaymentId { get; init; }

    /// <summary>The sale that was paid with it, or null.</summary>
    public string? SaleId { get; init; }

    /// <summary>What was given back, a positive amount, the tip's share among it.</summary>
    public required Money Amount { get; init; }

    /// <summary>The tip's share, a positive amount; zero where the service does not part it.</summary>
    public required Money Tip { get; init; }

    /// <summary>How far it has come.</summary>
    public required RefundStatus Status { get; init; }

    /// <summary>The service's own word for the status where this contract does not know it.</summary>
    public string? RawStatus { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The business day of that time; it may differ from the sale's.</summary>
    public required DateOnly BusinessDate { get; init; }

    /// <summary>Why, in the service's words.</summary>
    public string? Reason { get; init; }
}
