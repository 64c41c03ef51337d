namespace Sous.Plugins.Host.Authorization.Connecting;

/// <summary>303: the browser goes on with a GET, and takes neither body nor referrer along.</summary>
internal sealed record SeeOther(Uri Address) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.StatusCode = StatusCodes.Status303SeeOther;
        httpContext.Response.Headers.Location = Address.IsAbsoluteUri ? Address.AbsoluteUri : Address.OriginalString;
        return Task.CompletedTask;
    }

    public override string ToString() => "***";
}
