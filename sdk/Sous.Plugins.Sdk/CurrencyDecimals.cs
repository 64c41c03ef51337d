namespace Sous.Plugins.Sdk;

/// <summary>How many decimals a currency's minor unit has, by ISO 4217.</summary>
public static class CurrencyDecimals
{
    /// <summary>0 for JPY, 2 for USD, 3 for KWD, 4 for CLF; 2 for a code that ISO 4217 does not list.</summary>
    /// <param name="currency">ISO 4217 code, three capital letters.</param>
    public static int Of(string currency) => currency switch
    {
        "BIF" or "CLP" or "DJF" or "GNF" or "ISK" or "JPY" or "KMF" or "KRW" or "PYG" or "RWF" or "UGX" or "UYI" or "VND"
            or "VUV" or "XAF" or "XOF" or "XPF" => 0,
        "BHD" or "IQD" or "JOD" or "KWD" or "LYD" or "OMR" or "TND" => 3,
        "CLF" or "UYW" => 4,
        _ => 2,
    };
}
