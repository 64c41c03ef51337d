namespace Sous.Plugins.Sdk;

/// <summary>What a driver can say of a request that it sends through <see cref="DriverContext.Http"/>, in the request's <see cref="HttpRequestMessage.Options"/>.</summary>
public static class ServiceRequest
{
    /// <summary>
    /// Set to true on a POST or PATCH that changes nothing at the service, such as a search: the host then repeats it as it does a GET.
    /// Without it such a request is repeated only where it certainly was not carried out, since a repeat could make what it makes a second time.
    /// </summary>
    public static HttpRequestOptionsKey<bool> OnlyReads { get; } = new("sous.only-reads");
}
