namespace Sous.Plugins.Host.Days;

/// <summary>One figure, ours and the service's: minor units of a currency, or a number where there is none.</summary>
/// <param name="Name">As in the API: net, payments, refund_count.</param>
internal sealed record TieOutFigure(string Name, long Ours, long Theirs, string? OurCurrency, string? TheirCurrency)
{
    /// <summary>Ours without theirs; it says nothing where the currencies differ.</summary>
    public long Difference => Ours - Theirs;

    public bool Ties => Ours == Theirs && (OurCurrency == TheirCurrency || Ours == 0);
}
