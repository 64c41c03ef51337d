namespace Sous.Plugins.Simulators.Lightspeed;

/// <summary>How a simulated Lightspeed Restaurant (K-Series) starts. With the same seed, numbers and clock it serves the same bytes.</summary>
public sealed record LightspeedSimulatorOptions
{
    /// <summary>The port on 127.0.0.1; 0 takes a free one. Default 0.</summary>
    public int Port { get; init; }

    /// <summary>Accounts in the history, over all locations; corrections add documents to them. Default 1,000; 0 is allowed.</summary>
    public int Accounts { get; init; } = 1_000;

    /// <summary>What all seeded choices follow from. Default 1.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Length of the history in days, ending at the clock's now. Default 90.</summary>
    public int Days { get; init; } = 90;

    /// <summary>The client's id. Default a fixed one.</summary>
    public string ClientId { get; init; } = "lightspeed-simulated";

    /// <summary>The client's secret; null makes one, with the text SOUSCANARY in it.</summary>
    public string? ClientSecret { get; init; }

    /// <summary>The redirect addresses that are registered, compared character by character. Empty: the first one seen becomes the only one.</summary>
    public IReadOnlyList<string> RedirectUris { get; init; } = [];

    /// <summary>Life of an access token. Default 60 minutes.</summary>
    public TimeSpan AccessTokenLife { get; init; } = TimeSpan.FromMinutes(60);

    /// <summary>Whether a refresh token that comes a second time ends the grant and all tokens of it, as the best practice for single-use tokens is. Default true.</summary>
    public bool RevokeOnReuse { get; init; } = true;

    /// <summary>Whether amounts and quantities of refunds are written without their minus sign. Default false.</summary>
    public bool RefundsUnsigned { get; init; }

    /// <summary>Whether a line's totalNetAmountWithTax holds its service charge. Default true.</summary>
    public bool ServiceChargeInTotal { get; init; } = true;

    /// <summary>Whether discounts are written without tax also where prices hold it. Default false.</summary>
    public bool DiscountsWithoutTax { get; init; }

    /// <summary>Whether a payment's netAmountWithTax holds its tip. Default false.</summary>
    public bool TipInPayment { get; init; }

    /// <summary>Whether a payment's netAmountWithTax holds its surcharge. Default false.</summary>
    public bool SurchargeInPayment { get; init; }

    /// <summary>Whether a payment's netAmountWithTax is what was paid after rounding, and not what was owed. Default true.</summary>
    public bool RoundingInPayment { get; init; } = true;

    /// <summary>Whether a list of one item is answered as the item itself. Default false.</summary>
    public bool SingleItemAsObject { get; init; }
}
