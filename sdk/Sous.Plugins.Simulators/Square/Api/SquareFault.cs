namespace Sous.Plugins.Simulators.Square.Api;

/// <summary>An answer in Square's error envelope.</summary>
internal sealed class SquareFault(int status, string category, string code, string detail, string? parameter = null) : Exception(detail)
{
    public int Status => status;

    public string Category => category;

    public string Code => code;

    public string? Parameter => parameter;

    public static SquareFault Invalid(string code, string detail, string? field = null) => new(400, "INVALID_REQUEST_ERROR", code, detail, field);

    public static SquareFault NotFound(string detail, string? field = null) => new(404, "INVALID_REQUEST_ERROR", "NOT_FOUND", detail, field);

    public static SquareFault Unauthorized(string code, string detail, string? field = null) => new(401, "AUTHENTICATION_ERROR", code, detail, field);

    public static SquareFault Of(int status) => status switch
    {
        429 => new SquareFault(status, "RATE_LIMIT_ERROR", "RATE_LIMITED", "Too many requests."),
        502 => new SquareFault(status, "API_ERROR", "BAD_GATEWAY", "Bad gateway."),
        503 => new SquareFault(status, "API_ERROR", "SERVICE_UNAVAILABLE", "Service unavailable."),
        504 => new SquareFault(status, "API_ERROR", "GATEWAY_TIMEOUT", "Gateway timeout."),
        408 => new SquareFault(status, "API_ERROR", "REQUEST_TIMEOUT", "Request timeout."),
        _ => new SquareFault(status, "API_ERROR", "INTERNAL_SERVER_ERROR", "An internal error has occurred."),
    };
}
