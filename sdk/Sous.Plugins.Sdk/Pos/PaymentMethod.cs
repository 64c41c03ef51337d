namespace Sous.Plugins.Sdk.Pos;

/// <summary>How a payment was made.</summary>
public enum PaymentMethod
{
    /// <summary>By card.</summary>
    Card,

    /// <summary>In cash.</summary>
    Cash,

    /// <summary>By gift card.</summary>
    GiftCard,

    /// <summary>By a digital wallet.</summary>
    Wallet,

    /// <summary>By bank transfer.</summary>
    BankTransfer,

    /// <summary>On a house account.</summary>
    HouseAccount,

    /// <summary>Outside of the service.</summary>
    External,

    /// <summary>Another way; <see cref="Payment.RawMethod"/> has the service's word.</summary>
    Other,
}
