namespace Sous.Plugins.Sdk.Pos;

/// <summary>
/// The ability to fetch sales and catalogue from a point of sale. Each call is for one scope; it hands over pages until the
/// scope has caught up with the service, and then ends.
/// </summary>
public interface IPosDriver : IDriver
{
    /// <summary>
    /// The sales of one location: those that changed since a checkpoint, or those of a range. A payment, tip, fee or refund
    /// that arrived later makes its whole sale come again.
    /// </summary>
    /// <param name="request">What to fetch.</param>
    /// <param name="cancellationToken">Honoured within a second, also between pages.</param>
    /// <exception cref="DriverException">The service could not be asked; pages handed over before stay valid.</exception>
    IAsyncEnumerable<SyncPage<Sale>> FetchSalesAsync(SalesRequest request, CancellationToken cancellationToken);

    /// <summary>The catalogue: all of it without a checkpoint, what changed since with one.</summary>
    /// <param name="request">What to fetch.</param>
    /// <param name="cancellationToken">Honoured within a second, also between pages.</param>
    /// <exception cref="DriverException">The service could not be asked; pages handed over before stay valid.</exception>
    IAsyncEnumerable<SyncPage<CatalogEntry>> FetchCatalogAsync(CatalogRequest request, CancellationToken cancellationToken);
}
