namespace Sous.Plugins.Simulators.Hosting;

/// <summary>How a simulator's token endpoint behaves.</summary>
public enum TokenEndpointMode
{
    /// <summary>By the service's rules.</summary>
    Works,

    /// <summary>Answers 200 with an HTML page, as a proxy or a maintenance page does.</summary>
    Html,

    /// <summary>Answers 503 with the service's error envelope and spends nothing.</summary>
    Unavailable,

    /// <summary>Does the exchange, then cuts the connection: the answer is lost on its way.</summary>
    AnswerLost,
}
