namespace Sous.Plugins.Host.Http;

/// <summary>How often requests of one kind may come from one client, or for one tenant.</summary>
/// <param name="Name">What endpoints name it by.</param>
/// <param name="PerMinute">Requests of one key in a minute; more are refused.</param>
/// <param name="KeyOf">Whose share a request takes from.</param>
/// <param name="Refuse">The answer to one too many. It is sent with Retry-After.</param>
internal sealed record RequestLimit(string Name, int PerMinute, Func<HttpContext, object> KeyOf, Func<HttpContext, IResult> Refuse);
