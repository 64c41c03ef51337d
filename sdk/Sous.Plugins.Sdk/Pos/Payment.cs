namespace Sous.Plugins.Sdk.Pos;

/// <summary>One payment of a sale.</summary>
public sealed record Payment
{
    /// <summary>Which payment at which service.</summary>
    public required ExternalRef Ref { get; init; }

    /// <summary>The sale that it pays, or null where it pays none.</summary>
    public string? SaleId { get; init; }

    /// <summary>How it was made.</summary>
    public required PaymentMethod Method { get; init; }

    /// <summary>The service's own word for that.</summary>
    public required string RawMethod { get; init; }

    /// <summary>How far it has come.</summary>
    public required PaymentStatus Status { get; init; }

    /// <summary>The service's own word for the status where this contract does not know it.</summary>
    public string? RawStatus { get; init; }

    /// <summary>What was paid, without the tip.</summary>
    public required Money Amount { get; init; }

    /// <summary>The tip.</summary>
    public required Money Tip { get; init; }

    /// <summary>What the service keeps, a positive amount; null while it is not known.</summary>
    public Money? Fee { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The business day of that time; it may differ from the sale's.</summary>
    public required DateOnly BusinessDate { get; init; }

    /// <summary>The card's brand, in the service's words.</summary>
    public string? CardBrand { get; init; }

    /// <summary>The last four digits of the card.</summary>
    public string? Last4 { get; init; }
}
